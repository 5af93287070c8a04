package builtin

import (
	"bytes"
	encoding "encoding/binary"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// Aggregates whose state holds one value of any type: min and max of strings and nested values, first, last, max_by,
// min_by. Such a value stands in a blob, in the form of vector.AppendValue.

// valueBlob is one value as bytes.
type valueBlob struct{ b []byte }

// blobState is the state of aggregates that have nothing but a blob.
type blobState struct{ blob uint64 }

// setBlob replaces the bytes of a value blob, making it if need be.
func setBlob(store *expr.BlobStore, number *uint64, b []byte) {
	if *number == 0 {
		*number = store.New(&valueBlob{})
		store.Bytes += 48
	}
	v := store.Get(*number).(*valueBlob)
	store.Bytes += int64(len(b) - len(v.b))
	v.b = append(v.b[:0], b...)
}

// bytesOf are the bytes of a value blob; nil if there is none.
func bytesOf(store *expr.BlobStore, number uint64) []byte {
	if number == 0 {
		return nil
	}
	return store.Get(number).(*valueBlob).b
}

// encodeValueBlob and decodeValueBlob move a state whose blob number is found by number.
func encodeValueBlob[S any](number func(*S) *uint64) func(*expr.AggregateContext, []byte, []byte) ([]byte, error) {
	return func(c *expr.AggregateContext, state, b []byte) ([]byte, error) {
		return append(b, bytesOf(c.Blobs, *number(as[S](state)))...), nil
	}
}

func decodeValueBlob[S any](number func(*S) *uint64) func(*expr.AggregateContext, []byte, []byte) error {
	return func(c *expr.AggregateContext, state, b []byte) error {
		n := number(as[S](state))
		*n = 0
		if len(b) > 0 {
			setBlob(c.Blobs, n, b)
		}
		return nil
	}
}

func blobNumber(s *blobState) *uint64 { return &s.blob }

// readInto makes out, row after row, the values that value gives as bytes; empty bytes are null.
func readInto(out *vector.Vector, n int, value func(i int) []byte) {
	out.Reset(0)
	for i := range n {
		b := value(i)
		if len(b) == 0 {
			b = []byte{0}
		}
		vector.ReadValue(b, out)
	}
}

// extremeValueKernel is min (sign -1) or max (1) of strings and nested values.
func extremeValueKernel(t types.Type, sign int) *expr.AggregateKernel {
	physical := t.Physical()
	compare := func(a, b []byte) int {
		order, _, _ := vector.CompareValues(t, physical, a, b)
		return order
	}
	better := func(c *expr.AggregateContext, s *blobState, b []byte) {
		if s.blob == 0 || compare(b, bytesOf(c.Blobs, s.blob)) == sign {
			setBlob(c.Blobs, &s.blob, b)
		}
	}
	return &expr.AggregateKernel{Size: 8, Blob: true,
		Update: func(c *expr.AggregateContext, g *expr.Groups, args []*vector.Vector, sel vector.Selection, n int) error {
			scratch, _ := c.State.([]byte)
			arg := args[0]
			eachRow(sel, n, func(i int) {
				if arg.IsNull(i) {
					return
				}
				s := stateAt[blobState](g, i)
				if physical == types.PhysicalString && s.blob != 0 {
					// The usual row changes nothing: compare before copying.
					if old := bytesOf(c.Blobs, s.blob); bytes.Compare(arg.StringAt(i), old[5:]) != sign {
						return
					}
				}
				scratch = vector.AppendValue(scratch[:0], arg, i)
				better(c, s, scratch)
			})
			c.State = scratch
			return nil
		},
		Merge: func(c *expr.AggregateContext, dst, src []byte, blobs *expr.BlobStore) error {
			if b := bytesOf(blobs, as[blobState](src).blob); b != nil {
				better(c, as[blobState](dst), b)
			}
			return nil
		},
		Final: func(c *expr.AggregateContext, g *expr.Groups, n int, out *vector.Vector) error {
			readInto(out, n, func(i int) []byte { return bytesOf(c.Blobs, resultAt[blobState](g, i).blob) })
			return nil
		},
		Encode: encodeValueBlob(blobNumber), Decode: decodeValueBlob(blobNumber),
	}
}

// positionState is the state of first and last: the row's order plus one (0: none yet), and its value.
type positionState struct {
	at    int64
	value types.Int128 // the bytes of a fixed-width value; for others Lo is a blob number
	null  int64
}

func positionBlob(s *positionState) *uint64 { return &s.value.Lo }

// firstOrLast is first (sign -1) or last (1) of values of a type, of size bytes each unless they stand in blobs.
type firstOrLast struct {
	sign        int
	size        int
	inBlob      bool
	ignoreNulls bool
}

func newFirstOrLast(t types.Type, sign int, ignoreNulls bool) firstOrLast {
	return firstOrLast{sign: sign, size: t.Physical().Size(), inBlob: t.Physical() == types.PhysicalString || t.IsNested(), ignoreNulls: ignoreNulls}
}

func (p firstOrLast) kernel() *expr.AggregateKernel {
	k := &expr.AggregateKernel{Size: sizeOf[positionState](), Blob: p.inBlob, Update: p.update, Merge: p.merge, Final: p.final}
	if p.inBlob {
		k.Encode, k.Decode = encodeValueBlob(positionBlob), decodeValueBlob(positionBlob)
	}
	return k
}

// wins reports whether the row of order at-1 comes before (or, for last, behind) that of the state.
func (p firstOrLast) wins(at int64, s *positionState) bool {
	return s.at == 0 || p.sign < 0 && at < s.at || p.sign > 0 && at > s.at
}

func (p firstOrLast) update(c *expr.AggregateContext, g *expr.Groups, args []*vector.Vector, sel vector.Selection, n int) error {
	scratch, _ := c.State.([]byte)
	arg := args[0]
	eachRow(sel, n, func(i int) {
		s, at := stateAt[positionState](g, i), c.Order+int64(i)+1
		null := arg.IsNull(i)
		if !p.wins(at, s) || null && p.ignoreNulls {
			return
		}
		s.at, s.null = at, int64(boolByte(null))
		switch {
		case null:
		case p.inBlob:
			scratch = vector.AppendValue(scratch[:0], arg, i)
			setBlob(c.Blobs, &s.value.Lo, scratch)
		default:
			slot := arg.At(i)
			copy(positionBytes(s)[:p.size], arg.Data()[slot*p.size:(slot+1)*p.size])
		}
	})
	c.State = scratch
	return nil
}

func (p firstOrLast) merge(c *expr.AggregateContext, dst, src []byte, blobs *expr.BlobStore) error {
	d, s := as[positionState](dst), as[positionState](src)
	if s.at == 0 || !p.wins(s.at, d) {
		return nil
	}
	d.at, d.null = s.at, s.null
	if !p.inBlob {
		d.value = s.value
	} else if s.null == 0 {
		setBlob(c.Blobs, &d.value.Lo, bytesOf(blobs, s.value.Lo))
	}
	return nil
}

func (p firstOrLast) final(c *expr.AggregateContext, g *expr.Groups, n int, out *vector.Vector) error {
	if p.inBlob {
		readInto(out, n, func(i int) []byte {
			s := resultAt[positionState](g, i)
			if s.at == 0 || s.null != 0 {
				return nil
			}
			return bytesOf(c.Blobs, s.value.Lo)
		})
		return nil
	}
	for i := range n {
		s := resultAt[positionState](g, i)
		if s.at == 0 || s.null != 0 {
			out.SetNull(i)
			continue
		}
		copy(out.Data()[i*p.size:(i+1)*p.size], positionBytes(s))
	}
	return nil
}

// positionBytes views the value of a state.
func positionBytes(s *positionState) []byte {
	const offset, width = 8, 16
	return asBytes(s)[offset : offset+width]
}

var positionAggregates = []*expr.AggregateFunction{
	aggregateAlias(positionFunction("first", -1, doc("agg_funcs", "Returns the first value of expr in the order of rows; the first that is not null if isIgnoreNull is true.", "expr - a value", "isIgnoreNull - a boolean constant").printed(firstArguments(1)).
		example("SELECT first(col) FROM VALUES (10), (5), (20) AS tab(col);", "10").
		example("SELECT first(col, true) FROM VALUES (NULL), (5), (20) AS tab(col);", "5")), "first_value"),
	aggregateAlias(positionFunction("last", 1, doc("agg_funcs", "Returns the last value of expr in the order of rows; the last that is not null if isIgnoreNull is true.", "expr - a value", "isIgnoreNull - a boolean constant").printed(firstArguments(1)).
		example("SELECT last(col) FROM VALUES (10), (5), (20) AS tab(col);", "20").
		example("SELECT last(col, true) FROM VALUES (10), (5), (NULL) AS tab(col);", "5")), "last_value"),
	positionFunction("any_value", -1, doc("agg_funcs", "Returns some value of expr.", "expr - a value", "isIgnoreNull - a boolean constant").printed(firstArguments(1)).
		example("SELECT any_value(col) FROM VALUES (10), (5), (20) AS tab(col);", "10")),
	byFunction("max_by", 1, doc("agg_funcs", "Returns the value of x in the row with the largest y.", "x - a value", "y - a value of a type with an order").
		example("SELECT max_by(x, y) FROM VALUES ('a', 10), ('b', 50), ('c', 20) AS tab(x, y);", "b")),
	byFunction("min_by", -1, doc("agg_funcs", "Returns the value of x in the row with the smallest y.", "x - a value", "y - a value of a type with an order").
		example("SELECT min_by(x, y) FROM VALUES ('a', 10), ('b', 50), ('c', 20) AS tab(x, y);", "a")),
}

func positionFunction(name string, sign int, d document) *expr.AggregateFunction {
	return aggregate(name, d, ordered, aggregateSignature{params: of(anything, boolean), optional: 1, resolve: func(c *expr.BindContext, args []expr.Expr) (aggregateOutcome, error) {
		ignore := false
		if len(args) == 2 {
			v, err := constantOf(c, name, "ignoreNulls", types.BooleanType, args, 1)
			if err != nil {
				return aggregateOutcome{}, err
			}
			ignore, _ = v.(bool)
		}
		t := args[0].Type()
		if t.Kind == types.Void {
			return aggregateOutcome{result: t, nullable: true, kernel: voidKernel}, nil
		}
		return aggregateOutcome{result: t, nullable: true, kernel: newFirstOrLast(t, sign, ignore).kernel()}, nil
	}})
}

// byState is the state of max_by and min_by: the blob of y, that of x, and the order of the row.
type byState struct {
	key, value uint64
	at         int64
}

// byFunction is max_by or min_by. Of rows with equal y the last one wins.
func byFunction(name string, sign int, d document) *expr.AggregateFunction {
	return aggregate(name, d, ordered, aggregateSignature{params: of(anything, anything), resolve: func(c *expr.BindContext, args []expr.Expr) (aggregateOutcome, error) {
		if err := requireOrder(c, name, callText(name, args), args[1].Type()); err != nil {
			return aggregateOutcome{}, err
		}
		if args[0].Type().Kind == types.Void || args[1].Type().Kind == types.Void {
			return aggregateOutcome{result: args[0].Type(), nullable: true, kernel: nullsOnly(args[0].Type())}, nil
		}
		return aggregateOutcome{result: args[0].Type(), nullable: true, kernel: extremeBy{args[1].Type(), sign}.kernel()}, nil
	}})
}

// nullsOnly is an aggregate that can only be null.
func nullsOnly(t types.Type) *expr.AggregateKernel {
	k := *voidKernel
	k.Final = func(_ *expr.AggregateContext, _ *expr.Groups, n int, out *vector.Vector) error {
		for i := range n {
			out.SetNull(i)
		}
		return nil
	}
	return &k
}

// extremeBy is min_by (sign -1) or max_by (1) by keys of a type.
type extremeBy struct {
	key  types.Type
	sign int
}

func (e extremeBy) kernel() *expr.AggregateKernel {
	return &expr.AggregateKernel{Size: sizeOf[byState](), Blob: true, Update: e.update, Merge: e.merge, Final: finalBy, Encode: encodeBy, Decode: decodeBy}
}

// offer puts a row into the state if its key, as bytes, is better; at is the order of the row plus one.
func (e extremeBy) offer(c *expr.AggregateContext, s *byState, key []byte, at int64, value func() []byte) {
	order := e.sign
	if s.key != 0 {
		order, _, _ = vector.CompareValues(e.key, e.key.Physical(), key, bytesOf(c.Blobs, s.key))
	}
	if order == e.sign || order == 0 && at > s.at {
		setBlob(c.Blobs, &s.key, key)
		setBlob(c.Blobs, &s.value, value())
		s.at = at
	}
}

func (e extremeBy) update(c *expr.AggregateContext, g *expr.Groups, args []*vector.Vector, sel vector.Selection, n int) error {
	var key, value []byte
	eachRow(sel, n, func(i int) {
		if args[1].IsNull(i) {
			return
		}
		key = vector.AppendValue(key[:0], args[1], i)
		e.offer(c, stateAt[byState](g, i), key, c.Order+int64(i)+1, func() []byte {
			value = vector.AppendValue(value[:0], args[0], i)
			return value
		})
	})
	return nil
}

func (e extremeBy) merge(c *expr.AggregateContext, dst, src []byte, blobs *expr.BlobStore) error {
	if s := as[byState](src); s.key != 0 {
		e.offer(c, as[byState](dst), bytesOf(blobs, s.key), s.at, func() []byte { return bytesOf(blobs, s.value) })
	}
	return nil
}

func finalBy(c *expr.AggregateContext, g *expr.Groups, n int, out *vector.Vector) error {
	readInto(out, n, func(i int) []byte { return bytesOf(c.Blobs, resultAt[byState](g, i).value) })
	return nil
}

// encodeBy writes the key behind its length, then the value.
func encodeBy(c *expr.AggregateContext, state, b []byte) ([]byte, error) {
	s := as[byState](state)
	b = encoding.AppendUvarint(b, uint64(len(bytesOf(c.Blobs, s.key))))
	return append(append(b, bytesOf(c.Blobs, s.key)...), bytesOf(c.Blobs, s.value)...), nil
}

func decodeBy(c *expr.AggregateContext, state, b []byte) error {
	s := as[byState](state)
	s.key, s.value = 0, 0
	length, n := encoding.Uvarint(b)
	if n <= 0 || uint64(len(b)-n) < length {
		return &diag.Bug{Value: "builtin: damaged state of max_by or min_by"}
	}
	if b = b[n:]; length > 0 {
		setBlob(c.Blobs, &s.key, b[:length])
		setBlob(c.Blobs, &s.value, b[length:])
	}
	return nil
}
