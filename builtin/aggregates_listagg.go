package builtin

import (
	encoding "encoding/binary"
	"slices"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// pieceBlob holds the strings of a group, each with the order of its row and the values of the sort keys.
type pieceBlob struct{ pieces []piece }

type piece struct {
	order     int64
	key, text []byte
}

// joiner is listagg with a delimiter and the order of WITHIN GROUP.
type joiner struct {
	delimiter string
	keys      []sortKey
}

// sortKey is one key of the order: its type and direction.
type sortKey struct {
	t                      types.Type
	descending, nullsFirst bool
}

// compare orders two pieces by their keys, then by their rows.
func (j *joiner) compare(a, b piece) int {
	x, y := a.key, b.key
	for _, k := range j.keys {
		nullX, nullY := x[0] == 0, y[0] == 0
		var order int
		order, x, y = vector.CompareValues(k.t, k.t.Physical(), x, y)
		if order == 0 {
			continue
		}
		if nullX || nullY {
			if nullX == k.nullsFirst {
				return -1
			}
			return 1
		}
		if k.descending {
			return -order
		}
		return order
	}
	return compareOrdered(a.order, b.order)
}

func piecesOf(store *expr.BlobStore, s *blobState) *pieceBlob {
	if s.blob == 0 {
		s.blob = store.New(&pieceBlob{})
		store.Bytes += 64
	}
	return store.Get(s.blob).(*pieceBlob)
}

func (b *pieceBlob) add(store *expr.BlobStore, p piece) {
	b.pieces = append(b.pieces, p)
	store.Bytes += int64(len(p.key)+len(p.text)) + 56
}

func (j *joiner) kernel() *expr.AggregateKernel {
	return &expr.AggregateKernel{Size: 8, Blob: true, Update: j.update, Merge: mergePieces, Final: j.final, Encode: encodePieces, Decode: decodePieces}
}

// update keeps the strings; the arguments are the string, the delimiter and the sort keys.
func (j *joiner) update(c *expr.AggregateContext, g *expr.Groups, args []*vector.Vector, sel vector.Selection, n int) error {
	eachRow(sel, n, func(i int) {
		if args[0].IsNull(i) {
			return
		}
		p := piece{order: c.Order + int64(i), text: slices.Clone(args[0].StringAt(i))}
		for k := range j.keys {
			p.key = vector.AppendValue(p.key, args[2+k], i)
		}
		piecesOf(c.Blobs, stateAt[blobState](g, i)).add(c.Blobs, p)
	})
	return nil
}

func mergePieces(c *expr.AggregateContext, dst, src []byte, blobs *expr.BlobStore) error {
	if s := as[blobState](src); s.blob != 0 {
		to := piecesOf(c.Blobs, as[blobState](dst))
		for _, p := range blobs.Get(s.blob).(*pieceBlob).pieces {
			to.add(c.Blobs, p)
		}
	}
	return nil
}

func (j *joiner) final(c *expr.AggregateContext, g *expr.Groups, n int, out *vector.Vector) error {
	var text []byte
	for i := range n {
		s := resultAt[blobState](g, i)
		if s.blob == 0 {
			out.SetNull(i)
			continue
		}
		pieces := c.Blobs.Get(s.blob).(*pieceBlob).pieces
		slices.SortStableFunc(pieces, j.compare)
		text = text[:0]
		for k, p := range pieces {
			if k > 0 {
				text = append(text, j.delimiter...)
			}
			text = append(text, p.text...)
		}
		out.SetString(i, text)
	}
	return nil
}

// encodePieces writes each piece as its order, its key and its text, these behind their lengths.
func encodePieces(c *expr.AggregateContext, state, b []byte) ([]byte, error) {
	if s := as[blobState](state); s.blob != 0 {
		for _, p := range c.Blobs.Get(s.blob).(*pieceBlob).pieces {
			b = encoding.AppendVarint(b, p.order)
			b = append(encoding.AppendUvarint(b, uint64(len(p.key))), p.key...)
			b = append(encoding.AppendUvarint(b, uint64(len(p.text))), p.text...)
		}
	}
	return b, nil
}

func decodePieces(c *expr.AggregateContext, state, b []byte) error {
	s := as[blobState](state)
	s.blob = 0
	for len(b) > 0 {
		order, n := encoding.Varint(b)
		if n <= 0 {
			return &diag.Bug{Value: "builtin: damaged state of listagg"}
		}
		p := piece{order: order}
		var ok1, ok2 bool
		p.key, b, ok1 = cutCounted(b[n:])
		p.text, b, ok2 = cutCounted(b)
		if !ok1 || !ok2 {
			return &diag.Bug{Value: "builtin: damaged state of listagg"}
		}
		piecesOf(c.Blobs, s).add(c.Blobs, p)
	}
	return nil
}

// cutCounted takes bytes behind their number off b, as a copy.
func cutCounted(b []byte) (piece, rest []byte, ok bool) {
	length, n := encoding.Uvarint(b)
	if n <= 0 || uint64(len(b)-n) < length {
		return nil, nil, false
	}
	b = b[n:]
	return slices.Clone(b[:length]), b[length:], true
}

// printListAgg writes listagg, by any name, WITHIN GROUP with all of its order.
func printListAgg(c *expr.PrintedCall) (string, bool) {
	if c.WithinGroup == nil {
		return "", false
	}
	c.Name = "listagg"
	keys := make([]string, len(c.WithinGroup))
	for i, k := range c.WithinGroup {
		keys[i] = k.Full
	}
	return withinGroupText(c, keys), true
}

var joinAggregates = []*expr.AggregateFunction{
	aggregateAlias(aggregateRewrite("listagg", doc("agg_funcs", "Returns the strings of expr that are not null, joined, in the order of WITHIN GROUP (ORDER BY …), else that of rows; null if there are none.",
		"expr - a string or binary", "delimiter - a constant that is put between them").printed(defaults(1, "NULL"), printListAgg).
		example("SELECT listagg(col) FROM VALUES ('a'), ('b'), ('c') AS tab(col);", "abc").
		example("SELECT listagg(col, ', ') WITHIN GROUP (ORDER BY col DESC) FROM VALUES ('a'), ('b'), ('c') AS tab(col);", "c, b, a"), ordered, 1, 2,
		func(c *expr.BindContext, args []expr.Expr, distinct bool) (expr.Expr, error) {
			return bindListAgg(c, args, nil, distinct)
		}), "string_agg"),
}

// bindListAgg makes the aggregate. Its arguments are the strings, the delimiter, the sort keys, and constants for the
// directions: those tell calls in different orders apart.
func bindListAgg(c *expr.BindContext, args []expr.Expr, keys []expr.SortKey, distinct bool) (expr.Expr, error) {
	stringOrBinary := class{`("STRING" or "BINARY")`, append(append([]types.Expected{}, text.expected...), blob.expected...)}
	null := newLiteral(c, nil, types.VoidType)
	if len(args) == 1 {
		args = []expr.Expr{args[0], null}
	}
	t, ok := stringOrBinary.implicit(args[0].Type(), coercion(c))
	if !ok {
		return nil, unexpectedType(c, "listagg", args, 0, stringOrBinary.text)
	}
	value, err := castTo(c, args[0], t)
	if err != nil {
		return nil, err
	}
	given, err := castTo(c, args[1], t)
	if err != nil {
		return nil, err
	}
	delimiter, ok, err := Constant(given)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, notFoldable(c, "listagg", "delimiter", t, args, 1)
	}
	var j joiner
	j.delimiter, _ = delimiter.(string)
	bound := []expr.Expr{value, newLiteral(c, delimiter, t)}
	for _, k := range keys {
		if err := requireOrder(c, "listagg", callText("listagg", args), k.Expr.Type()); err != nil {
			return nil, err
		}
		j.keys = append(j.keys, sortKey{k.Expr.Type(), k.Descending, k.NullsFirst})
		bound = append(bound, k.Expr)
	}
	for _, k := range keys {
		bound = append(bound, newLiteral(c, k.Descending, types.BooleanType), newLiteral(c, k.NullsFirst, types.BooleanType))
	}
	f, _ := LookupAggregate("listagg")
	return makeAggregate(c, f, bound, aggregateOutcome{result: t, nullable: true, kernel: j.kernel()}, distinct), nil
}
