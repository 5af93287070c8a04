package builtin

import (
	encoding "encoding/binary"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// modeBlob counts the values of a group, by their bytes.
type modeBlob struct{ counts map[string]int64 }

func (b *modeBlob) add(store *expr.BlobStore, value []byte, count int64) {
	if _, known := b.counts[string(value)]; !known {
		store.Bytes += int64(len(value)) + 64
	}
	b.counts[string(value)] += count
}

func modeOfState(store *expr.BlobStore, s *blobState) *modeBlob {
	if s.blob == 0 {
		s.blob = store.New(&modeBlob{counts: map[string]int64{}})
		store.Bytes += 128
	}
	return store.Get(s.blob).(*modeBlob)
}

// mode finds the most frequent value of a type; of several the smallest, or the largest if descending.
type mode struct {
	t          types.Type
	descending bool
}

func (m mode) kernel() *expr.AggregateKernel {
	return &expr.AggregateKernel{Size: 8, Blob: true, Update: updateMode, Merge: mergeModes, Final: m.final, Encode: encodeMode, Decode: decodeMode}
}

func updateMode(c *expr.AggregateContext, g *expr.Groups, args []*vector.Vector, sel vector.Selection, n int) error {
	var scratch []byte
	eachRow(sel, n, func(i int) {
		if !args[0].IsNull(i) {
			scratch = vector.AppendValue(scratch[:0], args[0], i)
			modeOfState(c.Blobs, stateAt[blobState](g, i)).add(c.Blobs, scratch, 1)
		}
	})
	return nil
}

func mergeModes(c *expr.AggregateContext, dst, src []byte, blobs *expr.BlobStore) error {
	s := as[blobState](src)
	if s.blob == 0 {
		return nil
	}
	to := modeOfState(c.Blobs, as[blobState](dst))
	for v, n := range blobs.Get(s.blob).(*modeBlob).counts {
		to.add(c.Blobs, []byte(v), n)
	}
	return nil
}

func (m mode) final(c *expr.AggregateContext, g *expr.Groups, n int, out *vector.Vector) error {
	readInto(out, n, func(i int) []byte {
		s := resultAt[blobState](g, i)
		if s.blob == 0 {
			return nil
		}
		return m.best(c.Blobs.Get(s.blob).(*modeBlob))
	})
	return nil
}

// best is the value that is the mode, as bytes.
func (m mode) best(b *modeBlob) []byte {
	var value []byte
	most := int64(0)
	for v, n := range b.counts {
		candidate := []byte(v)
		if n == most {
			order, _, _ := vector.CompareValues(m.t, m.t.Physical(), candidate, value)
			if order > 0 == m.descending {
				value = candidate
			}
		} else if n > most {
			value, most = candidate, n
		}
	}
	return value
}

// encodeMode writes each value behind its count and length.
func encodeMode(c *expr.AggregateContext, state, b []byte) ([]byte, error) {
	if s := as[blobState](state); s.blob != 0 {
		for v, n := range c.Blobs.Get(s.blob).(*modeBlob).counts {
			b = encoding.AppendUvarint(b, uint64(n))
			b = encoding.AppendUvarint(b, uint64(len(v)))
			b = append(b, v...)
		}
	}
	return b, nil
}

func decodeMode(c *expr.AggregateContext, state, b []byte) error {
	s := as[blobState](state)
	s.blob = 0
	for len(b) > 0 {
		count, n := encoding.Uvarint(b)
		length, m := encoding.Uvarint(b[max(n, 0):])
		if n <= 0 || m <= 0 || uint64(len(b)-n-m) < length {
			return &diag.Bug{Value: "builtin: damaged state of mode"}
		}
		b = b[n+m:]
		modeOfState(c.Blobs, s).add(c.Blobs, b[:length], int64(count))
		b = b[length:]
	}
	return nil
}

// printMode writes mode() WITHIN GROUP. Of values that are equally frequent it takes the first in that order; Spark writes the
// order of its implementation, which is the other way round.
func printMode(c *expr.PrintedCall) (string, bool) {
	switch {
	case len(c.WithinGroup) == 1:
		c.Args = nil
		c.WithinGroup[0].Descending = !c.WithinGroup[0].Descending
		return printWithinGroup(c)
	case len(c.Args) == 2 && c.Args[1] == "true":
		c.WithinGroup = []expr.PrintedKey{{Expr: c.Args[0], Descending: true}}
		c.Args = nil
		return printWithinGroup(c)
	case len(c.Args) == 2:
		c.Args = c.Args[:1]
	}
	return "", false
}

var modeAggregates = []*expr.AggregateFunction{
	aggregateRewrite("mode", doc("agg_funcs", "Returns the most frequent value of col that is not null; of several, the smallest. mode() WITHIN GROUP (ORDER BY col) is the same, or the largest for DESC.",
		"col - a value", "deterministic - a boolean constant, without effect here").printed(printMode).
		example("SELECT mode(col) FROM VALUES (0), (10), (10) AS tab(col);", "10").
		example("SELECT mode(col, true) FROM VALUES (-10), (0), (10) AS tab(col);", "-10"), 0, 0, 3,
		func(c *expr.BindContext, args []expr.Expr, distinct bool) (expr.Expr, error) {
			if len(args) == 0 {
				return nil, withinGroupMissing(c, "mode")
			}
			t := args[0].Type()
			if hasMap(t) {
				return nil, diag.New("DATATYPE_MISMATCH.UNSUPPORTED_INPUT_TYPE", "sqlExpr", callText("mode", args),
					"functionName", routine("mode"), "dataType", quoted(t.SQL())).At(c.Span)
			}
			if len(args) > 1 && args[1].Type().Kind != types.Boolean {
				return nil, unexpectedType(c, "mode", args, 1, boolean.text)
			}
			f, _ := LookupAggregate("mode")
			kernel := nullsOnly(t)
			if t.Kind != types.Void {
				kernel = mode{t, isTrue(args, 2)}.kernel()
			}
			return makeAggregate(c, f, args, aggregateOutcome{result: t, nullable: true, kernel: kernel}, distinct), nil
		}),
}
