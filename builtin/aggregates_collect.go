package builtin

import (
	"math"
	"sort"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// listBlob holds the values of a group, with the order of the row each came from.
type listBlob struct {
	values *vector.Vector
	orders *vector.Vector      // bigint
	keys   map[string]struct{} // collect_set: the values there are, as bytes
}

// collector is collect_list or collect_set over a type.
type collector struct {
	elem types.Type
	set  bool
}

func (k *collector) list(store *expr.BlobStore, s *blobState) *listBlob {
	if s.blob == 0 {
		l := &listBlob{values: vector.NewFlat(k.elem, 0), orders: vector.NewFlat(types.LongType, 0)}
		if k.set {
			l.keys = map[string]struct{}{}
		}
		s.blob = store.New(l)
		store.Bytes += 256
	}
	return store.Get(s.blob).(*listBlob)
}

// add appends row i of v, unless a set has its value.
func (k *collector) add(store *expr.BlobStore, s *blobState, v *vector.Vector, i int, order int64, scratch *[]byte) {
	l := k.list(store, s)
	*scratch = vector.AppendValue((*scratch)[:0], v, i)
	// As in Spark, NaN is not found in a set, so that a set may hold several.
	if k.set && !isNaN(v, i) {
		if _, known := l.keys[string(*scratch)]; known {
			return
		}
		l.keys[string(*scratch)] = struct{}{}
		store.Bytes += int64(len(*scratch)) + 48
	}
	store.Bytes += int64(len(*scratch)) + 24
	row := vector.Selection{uint16(i)}
	vector.AppendRows(l.values, v, row, v.Len)
	one := [1]int64{order}
	l.orders = appendLong(l.orders, one[:])
}

func appendLong(v *vector.Vector, values []int64) *vector.Vector {
	at := v.Len
	v.Reserve(at + len(values))
	v.Len += len(values)
	copy(vector.Values[int64](v)[at:], values)
	return v
}

func isNaN(v *vector.Vector, i int) bool {
	switch v.Physical {
	case types.PhysicalFloat32:
		f := vector.Get[float32](v, i)
		return f != f
	case types.PhysicalFloat64:
		return math.IsNaN(vector.Get[float64](v, i))
	}
	return false
}

func (k *collector) kernel() *expr.AggregateKernel {
	return &expr.AggregateKernel{Size: 8, Blob: true,
		Update: func(c *expr.AggregateContext, g *expr.Groups, args []*vector.Vector, sel vector.Selection, n int) error {
			var scratch []byte
			eachRow(sel, n, func(i int) {
				if !args[0].IsNull(i) {
					k.add(c.Blobs, stateAt[blobState](g, i), args[0], i, c.Order+int64(i), &scratch)
				}
			})
			return nil
		},
		Merge: func(c *expr.AggregateContext, dst, src []byte, blobs *expr.BlobStore) error {
			s := as[blobState](src)
			if s.blob == 0 {
				return nil
			}
			from := blobs.Get(s.blob).(*listBlob)
			k.append(c.Blobs, as[blobState](dst), from.values, vector.Values[int64](from.orders))
			return nil
		},
		Final: k.final,
		Encode: func(c *expr.AggregateContext, state, b []byte) ([]byte, error) {
			s := as[blobState](state)
			if s.blob == 0 {
				return b, nil
			}
			l := c.Blobs.Get(s.blob).(*listBlob)
			return append(b, vector.EncodeColumns(nil, []*vector.Vector{l.values, l.orders}, l.values.Len)...), nil
		},
		Decode: func(c *expr.AggregateContext, state, b []byte) error {
			s := as[blobState](state)
			s.blob = 0
			if len(b) == 0 {
				return nil
			}
			aligned := vector.Bytes(make([]uint64, (len(b)+7)/8))
			copy(aligned, b)
			layout := []vector.Layout{{Type: k.elem, Physical: k.elem.Physical()}, {Type: types.LongType, Physical: types.PhysicalInt64}}
			columns, _, err := vector.DecodeColumns(aligned[:len(b)], layout)
			if err != nil {
				return &diag.Bug{Value: "builtin: damaged state of collect_list or collect_set"}
			}
			k.append(c.Blobs, s, columns[0], vector.Values[int64](columns[1]))
			return nil
		},
	}
}

// append adds all rows of values.
func (k *collector) append(store *expr.BlobStore, s *blobState, values *vector.Vector, orders []int64) {
	var scratch []byte
	if !k.set {
		l := k.list(store, s)
		vector.AppendRows(l.values, values, nil, values.Len)
		l.orders = appendLong(l.orders, orders)
		store.Bytes += values.Bytes() + int64(8*len(orders))
		return
	}
	for i, order := range orders {
		window, at := values, i
		if i > math.MaxUint16 {
			window, at = values.Slice(i, 1), 0
		}
		k.add(store, s, window, at, order, &scratch)
	}
}

// final writes the lists in the order of rows.
func (k *collector) final(c *expr.AggregateContext, g *expr.Groups, n int, out *vector.Vector) error {
	lists := vector.Values[vector.List](out)
	child := out.Children[0]
	child.Reset(0)
	for i := range n {
		lists[i] = vector.List{Start: int32(child.Len)}
		s := resultAt[blobState](g, i)
		if s.blob == 0 {
			continue
		}
		l := c.Blobs.Get(s.blob).(*listBlob)
		values := l.values
		if orders := vector.Values[int64](l.orders); !sort.SliceIsSorted(orders, func(a, b int) bool { return orders[a] < orders[b] }) {
			rows := make([]int32, len(orders))
			for r := range rows {
				rows[r] = int32(r)
			}
			sort.SliceStable(rows, func(a, b int) bool { return orders[rows[a]] < orders[rows[b]] })
			sorted := vector.NewFlat(k.elem, len(rows))
			sorted.Reset(len(rows))
			vector.Gather(values, rows, nil, len(rows), sorted)
			values = sorted
		}
		vector.AppendRows(child, values, nil, values.Len)
		lists[i].Length = int32(values.Len)
	}
	return nil
}

var collectAggregates = []*expr.AggregateFunction{
	aggregateAlias(collectFunction("collect_list", false, doc("agg_funcs", "Returns an array of the values of expr that are not null, in the order of rows.", "expr - a value").printed(under("collect_list", "array_agg")).
		example("SELECT collect_list(col) FROM VALUES (1), (2), (1) AS tab(col);", "[1,2,1]")), "array_agg"),
	collectFunction("collect_set", true, doc("agg_funcs", "Returns an array of the distinct values of expr that are not null.", "expr - a value of a type that is not a map").
		example("SELECT sort_array(collect_set(col)) FROM VALUES (1), (2), (1) AS tab(col);", "[1,2]")),
}

func collectFunction(name string, set bool, d document) *expr.AggregateFunction {
	t := ordered
	if set {
		t |= ignoresDuplicates
	}
	return aggregate(name, d, t, aggregateSignature{params: of(anything), resolve: func(c *expr.BindContext, args []expr.Expr) (aggregateOutcome, error) {
		elem := args[0].Type()
		if set && hasMap(elem) {
			return aggregateOutcome{}, diag.New("DATATYPE_MISMATCH.UNSUPPORTED_INPUT_TYPE", "sqlExpr", callText(name, args),
				"functionName", routine(name), "dataType", `"MAP" or "COLLATED STRING"`).At(c.Span)
		}
		k := collector{elem, set}
		return aggregateOutcome{result: types.ArrayType(elem, false), kernel: k.kernel()}, nil
	}})
}

func hasMap(t types.Type) bool {
	switch t.Kind {
	case types.Map:
		return true
	case types.Array:
		return hasMap(t.Elem())
	case types.Struct:
		for _, f := range t.Fields() {
			if hasMap(f.Type) {
				return true
			}
		}
	}
	return false
}
