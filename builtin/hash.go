package builtin

import (
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

var hashFunctions = []*expr.Function{
	hashFunction("hash", "Returns a 32-bit hash (Murmur3) of the arguments.", "SELECT hash('Spark', array(123), 2);", "-1321691492", types.IntType, hashKernel(uint32(42), murmurHash{})),
	hashFunction("xxhash64", "Returns a 64-bit hash (xxHash) of the arguments.", "SELECT xxhash64('Spark', array(123), 2);", "5602566077635097486", types.LongType, hashKernel(uint64(42), xxhash64{})),
}

func hashFunction(name, usage, query, result string, t types.Type, kernel expr.Kernel) *expr.Function {
	d := doc("hash_funcs", usage, "expr1, expr2, … - values of any type but map; null adds nothing").example(query, result)
	return nullAware(name, d, signature{params: of(anything), variadic: true, resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
		for _, a := range args {
			if hasMap(a.Type()) {
				return outcome{}, diag.New("DATATYPE_MISMATCH.HASH_MAP_TYPE", "sqlExpr", callText(name, args), "functionName", routine(name)).At(c.Span)
			}
			if a.Type().Kind == types.Variant {
				return outcome{}, diag.New("DATATYPE_MISMATCH.HASH_VARIANT_TYPE", "sqlExpr", callText(name, args), "functionName", routine(name)).At(c.Span)
			}
		}
		return outcome{result: t, kernel: kernel}, nil
	}})
}

// hasher is a hash function that goes on from a seed, the hash of what came before.
type hasher[H uint32 | uint64] interface {
	word(v uint32, seed H) H  // integers up to 32 bits
	long(v uint64, seed H) H  // 64-bit integers
	bytes(b []byte, seed H) H // strings
}

// hashKernel hashes column by column: the hash of one is the seed of the next.
func hashKernel[H uint32 | uint64, F hasher[H]](seed H, f F) expr.Kernel {
	return func(_ *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		to := vector.Values[H](out)
		eachRow(sel, out.Len, func(i int) { to[i] = seed })
		for _, a := range args {
			hashColumn(a, sel, to, f)
		}
		return nil
	}
}

func hashColumn[H uint32 | uint64, F hasher[H]](v *vector.Vector, sel vector.Selection, to []H, f F) {
	switch v.Physical {
	case types.PhysicalInt32:
		eachValue(v, sel, to, func(x int32, seed H) H { return f.word(uint32(x), seed) })
	case types.PhysicalInt64:
		eachValue(v, sel, to, func(x int64, seed H) H { return f.long(uint64(x), seed) })
	case types.PhysicalFloat64:
		eachValue(v, sel, to, func(x float64, seed H) H { return f.long(doubleBits(x), seed) })
	case types.PhysicalString:
		s := stringsOf(v)
		eachRow(sel, len(to), func(i int) {
			if !v.IsNull(i) {
				to[i] = f.bytes(s.at(i), to[i])
			}
		})
	default:
		var scratch []byte
		eachRow(sel, len(to), func(i int) { to[i] = hashValue(v, v.At(i), to[i], f, &scratch) })
	}
}

// eachValue hashes a fixed-width column.
func eachValue[T any, H uint32 | uint64](v *vector.Vector, sel vector.Selection, to []H, f func(x T, seed H) H) {
	c := columnOf[T](v)
	eachRow(sel, len(to), func(i int) {
		if !v.IsNull(i) {
			to[i] = f(c.at(i), to[i])
		}
	})
}

// hashValue hashes slot i of v, of any type.
func hashValue[H uint32 | uint64, F hasher[H]](v *vector.Vector, i int, seed H, f F, scratch *[]byte) H {
	if v.IsNull(i) {
		return seed
	}
	switch v.Physical {
	case types.PhysicalBool:
		return f.word(uint32(vector.Get[uint8](v, i)), seed)
	case types.PhysicalInt8:
		return f.word(uint32(vector.Get[int8](v, i)), seed)
	case types.PhysicalInt16:
		return f.word(uint32(vector.Get[int16](v, i)), seed)
	case types.PhysicalInt32:
		return f.word(uint32(vector.Get[int32](v, i)), seed)
	case types.PhysicalInt64:
		return f.long(uint64(vector.Get[int64](v, i)), seed)
	case types.PhysicalFloat32:
		return f.word(floatBits(vector.Get[float32](v, i)), seed)
	case types.PhysicalFloat64:
		return f.long(doubleBits(vector.Get[float64](v, i)), seed)
	case types.PhysicalInt128:
		*scratch = appendBigEndian((*scratch)[:0], vector.Get[types.Int128](v, i))
		return f.bytes(*scratch, seed)
	case types.PhysicalString:
		return f.bytes(v.StringAt(i), seed)
	case types.PhysicalInterval:
		x := vector.Get[types.Interval](v, i)
		return f.word(uint32(x.Months), f.word(uint32(x.Days), f.long(uint64(x.Micros), seed)))
	case types.PhysicalList:
		l := vector.Get[vector.List](v, i)
		for j := range l.Length {
			seed = hashValue(v.Children[0], int(l.Start+j), seed, f, scratch)
		}
	case types.PhysicalStruct:
		for _, child := range v.Children {
			seed = hashValue(child, i, seed, f, scratch)
		}
	}
	return seed
}
