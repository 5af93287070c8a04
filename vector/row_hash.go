package vector

import (
	"math"

	"github.com/kilnql/kiln/types"
)

// nullHash stands for a null key.
const nullHash = 0x6e756c6c6b657921

// HashRows computes the hash of the key columns for each row of sel (nil: all n), into hashes[row], growing hashes if it is
// short; it returns hashes. Equal keys have equal hashes in Spark's sense of grouping: NaN equals NaN, -0.0 equals 0.0,
// null equals null. Integers of equal value hash alike in every width. The hash of no columns is 0.
func HashRows(columns []*Vector, sel Selection, n int, hashes []uint64) []uint64 {
	if cap(hashes) < n {
		hashes = make([]uint64, max(n, ChunkSize))
	}
	hashes = hashes[:n]
	if len(columns) == 0 {
		clear(hashes)
		return hashes
	}
	hashColumn(columns[0], sel, n, hashes, false)
	for _, c := range columns[1:] {
		hashColumn(c, sel, n, hashes, true)
	}
	return hashes
}

// hashColumn sets hashes, or combines it with the column's.
func hashColumn(v *Vector, sel Selection, n int, hashes []uint64, combine bool) {
	switch v.Encoding {
	case Constant:
		var one [1]uint64
		if !v.IsNull(0) {
			flat := *v
			flat.Encoding, flat.Len = Flat, 1
			hashFlat(&flat, nil, 1, one[:], false)
		} else {
			one[0] = nullHash
		}
		spread(hashes, sel, n, combine, func(int) uint64 { return one[0] })
		return
	case Dictionary:
		values := v.Dict.Values
		if values.Len > 4*n {
			break
		}
		entries := make([]uint64, values.Len)
		hashColumn(values, nil, values.Len, entries, false)
		codes := v.Codes()
		spread(hashes, sel, n, combine, func(i int) uint64 {
			if v.Valid != nil && !v.Valid.Get(i) {
				return nullHash
			}
			return entries[codes[i]]
		})
		return
	}
	if v.Encoding == Dictionary {
		v = FlattenRows(v, sel, n, New(v.Type, v.Physical, n))
	}
	hashFlat(v, sel, n, hashes, combine)
}

// spread writes or combines hash(i) for the rows of sel.
func spread(hashes []uint64, sel Selection, n int, combine bool, hash func(i int) uint64) {
	each := func(i int) {
		if combine {
			hashes[i] = HashCombine(hashes[i], hash(i))
		} else {
			hashes[i] = hash(i)
		}
	}
	if sel == nil {
		for i := range n {
			each(i)
		}
		return
	}
	for _, i := range sel {
		each(int(i))
	}
}

func hashFlat(v *Vector, sel Selection, n int, hashes []uint64, combine bool) {
	switch v.Physical {
	case types.PhysicalBool:
		hashValues(v, sel, n, hashes, combine, func(x uint8) uint64 { return Hash64(uint64(x)) })
	case types.PhysicalInt8:
		hashValues(v, sel, n, hashes, combine, func(x int8) uint64 { return Hash64(uint64(x)) })
	case types.PhysicalInt16:
		hashValues(v, sel, n, hashes, combine, func(x int16) uint64 { return Hash64(uint64(x)) })
	case types.PhysicalInt32:
		hashValues(v, sel, n, hashes, combine, func(x int32) uint64 { return Hash64(uint64(x)) })
	case types.PhysicalInt64:
		hashValues(v, sel, n, hashes, combine, func(x int64) uint64 { return Hash64(uint64(x)) })
	case types.PhysicalInt128:
		hashValues(v, sel, n, hashes, combine, hashInt128)
	case types.PhysicalFloat32:
		hashValues(v, sel, n, hashes, combine, func(x float32) uint64 { return Hash64(FloatKey(float64(x))) })
	case types.PhysicalFloat64:
		hashValues(v, sel, n, hashes, combine, func(x float64) uint64 { return Hash64(FloatKey(x)) })
	case types.PhysicalInterval:
		hashValues(v, sel, n, hashes, combine, func(x types.Interval) uint64 {
			return HashCombine(Hash64(uint64(uint32(x.Months))|uint64(uint32(x.Days))<<32), uint64(x.Micros))
		})
	case types.PhysicalString:
		spread(hashes, sel, n, combine, func(i int) uint64 {
			if v.Valid != nil && !v.Valid.Get(i) {
				return nullHash
			}
			return HashBytes(v.StringAt(i))
		})
	case types.PhysicalVoid:
		spread(hashes, sel, n, combine, func(int) uint64 { return nullHash })
	default:
		var scratch []byte
		spread(hashes, sel, n, combine, func(i int) uint64 {
			if v.IsNull(i) {
				return nullHash
			}
			scratch = AppendValue(scratch[:0], v, i)
			return HashBytes(scratch)
		})
	}
}

func hashInt128(x types.Int128) uint64 {
	if x.IsInt64() {
		return Hash64(x.Lo)
	}
	return HashCombine(Hash64(x.Lo), uint64(x.Hi))
}

// FloatKey is the bits of x with all NaNs made one and -0.0 made 0.0, so that keys are equal exactly when their bits are.
func FloatKey(x float64) uint64 {
	if x != x {
		return 0x7ff8000000000000
	}
	return math.Float64bits(x + 0) // -0.0 + 0 is 0.0
}

func hashValues[T any](v *Vector, sel Selection, n int, hashes []uint64, combine bool, hash func(T) uint64) {
	values := As[T](v.data)
	if v.Valid != nil {
		spread(hashes, sel, n, combine, func(i int) uint64 {
			if !v.Valid.Get(i) {
				return nullHash
			}
			return hash(values[i])
		})
		return
	}
	switch {
	case sel == nil && !combine:
		values, hashes = values[:n], hashes[:n]
		for i, x := range values {
			hashes[i] = hash(x)
		}
	case sel == nil:
		values, hashes = values[:n], hashes[:n]
		for i, x := range values {
			hashes[i] = HashCombine(hashes[i], hash(x))
		}
	case !combine:
		for _, i := range sel {
			hashes[i] = hash(values[i])
		}
	default:
		for _, i := range sel {
			hashes[i] = HashCombine(hashes[i], hash(values[i]))
		}
	}
}
