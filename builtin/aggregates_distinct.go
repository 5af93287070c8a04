package builtin

import (
	"math"
	"math/bits"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// approx_count_distinct: HyperLogLog++ with Spark's hash, number of registers and thresholds. Up to the threshold of
// linear counting the answers are Spark's own; beyond it Spark corrects the raw estimate by a table of measured biases,
// kiln by the estimator of O. Ertl, which needs none.

// linearThreshold is the estimate, by the number of index bits from 4 on, up to which linear counting is better.
var linearThreshold = [...]float64{10, 20, 40, 80, 220, 400, 900, 1800, 3100, 6500, 11500, 20000, 50000, 120000, 350000}

// registerBlob holds 2^bits registers.
type registerBlob struct{ registers []uint8 }

// sketch is approx_count_distinct with a precision.
type sketch struct{ bits uint }

func newSketch(deviation float64) sketch {
	return sketch{uint(math.Ceil(2 * math.Log(1.106/deviation) / math.Log(2)))}
}

func (k sketch) of(store *expr.BlobStore, s *blobState) []uint8 {
	if s.blob == 0 {
		s.blob = store.New(&registerBlob{make([]uint8, 1<<k.bits)})
		store.Bytes += 1<<k.bits + 48
	}
	return store.Get(s.blob).(*registerBlob).registers
}

func (k sketch) add(registers []uint8, hash uint64) {
	i := hash >> (64 - k.bits)
	zeros := uint8(bits.LeadingZeros64(hash<<k.bits|1<<(k.bits-1)) + 1)
	registers[i] = max(registers[i], zeros)
}

// estimate is the number of distinct values.
func (k sketch) estimate(registers []uint8) int64 {
	m := float64(len(registers))
	var multiplicity [66]int
	for _, r := range registers {
		multiplicity[r]++
	}
	if zeros := float64(multiplicity[0]); zeros > 0 {
		if linear := m * math.Log(m/zeros); int(k.bits)-4 >= len(linearThreshold) || linear <= linearThreshold[k.bits-4] {
			return int64(math.Round(linear))
		}
	}
	q := 64 - int(k.bits)
	z := m * tau(1-float64(multiplicity[q+1])/m)
	for r := q; r >= 1; r-- {
		z = (z + float64(multiplicity[r])) / 2
	}
	z += m * sigma(float64(multiplicity[0])/m)
	return int64(math.Round(m * m / (2 * math.Ln2 * z)))
}

// sigma and tau are the corrections for registers that are empty and full.
func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for {
		x *= x
		previous := z
		z += x * y
		y += y
		if z == previous {
			return z
		}
	}
}

func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for {
		x = math.Sqrt(x)
		previous := z
		y /= 2
		z -= (1 - x) * (1 - x) * y
		if z == previous {
			return z / 3
		}
	}
}

func (k sketch) kernel(t types.Type) *expr.AggregateKernel {
	return &expr.AggregateKernel{Size: 8, Blob: true,
		Update: func(c *expr.AggregateContext, g *expr.Groups, args []*vector.Vector, sel vector.Selection, n int) error {
			eachRow(sel, n, func(i int) {
				if !args[0].IsNull(i) {
					k.add(k.of(c.Blobs, stateAt[blobState](g, i)), sparkHash64(args[0], i, t, 42))
				}
			})
			return nil
		},
		Merge: func(c *expr.AggregateContext, dst, src []byte, blobs *expr.BlobStore) error {
			if s := as[blobState](src); s.blob != 0 {
				k.merge(k.of(c.Blobs, as[blobState](dst)), blobs.Get(s.blob).(*registerBlob).registers)
			}
			return nil
		},
		Final: func(c *expr.AggregateContext, g *expr.Groups, n int, out *vector.Vector) error {
			for i := range n {
				s := resultAt[blobState](g, i)
				count := int64(0)
				if s.blob != 0 {
					count = k.estimate(c.Blobs.Get(s.blob).(*registerBlob).registers)
				}
				vector.Set(out, i, count)
			}
			return nil
		},
		Encode: func(c *expr.AggregateContext, state, b []byte) ([]byte, error) {
			if s := as[blobState](state); s.blob != 0 {
				b = append(b, c.Blobs.Get(s.blob).(*registerBlob).registers...)
			}
			return b, nil
		},
		Decode: func(c *expr.AggregateContext, state, b []byte) error {
			s := as[blobState](state)
			s.blob = 0
			if len(b) > 0 {
				k.merge(k.of(c.Blobs, s), b)
			}
			return nil
		},
	}
}

func (sketch) merge(dst, src []uint8) {
	for i, r := range src {
		dst[i] = max(dst[i], r)
	}
}

var distinctAggregates = []*expr.AggregateFunction{
	aggregate("approx_count_distinct", doc("agg_funcs", "Returns an estimate of the number of distinct values of expr, by HyperLogLog++.",
		"expr - a value", "relativeSD - the largest relative standard deviation allowed, a constant (default 0.05)").printed(firstArguments(1)).
		example("SELECT approx_count_distinct(col1) FROM VALUES (1), (1), (2), (2), (3) AS tab(col1);", "3"), ignoresDuplicates,
		aggregateSignature{params: of(anything, double), optional: 1, resolve: func(c *expr.BindContext, args []expr.Expr) (aggregateOutcome, error) {
			const name = "approx_count_distinct"
			deviation := 0.05
			if len(args) == 2 {
				v, err := constantOf(c, name, "relativeSD", types.DoubleType, args, 1)
				if err != nil {
					return aggregateOutcome{}, err
				}
				deviation, _ = v.(float64)
			}
			k := newSketch(deviation)
			if deviation <= 0 || k.bits < 4 || k.bits > 24 {
				return aggregateOutcome{}, diag.New("DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE", "sqlExpr", callText(name, args), "exprName", "relativeSD",
					"valueRange", "[0.00028, 0.39]", "currentValue", types.SQLLiteral(deviation, types.DoubleType, nil)).At(c.Span)
			}
			t := args[0].Type()
			if t.IsNested() || t.Kind == types.Variant {
				return aggregateOutcome{}, diag.New("DATATYPE_MISMATCH.UNSUPPORTED_INPUT_TYPE", "sqlExpr", callText(name, args),
					"functionName", routine(name), "dataType", quoted(t.SQL())).At(c.Span)
			}
			return aggregateOutcome{result: types.LongType, kernel: k.kernel(t)}, nil
		}}),
}

// xxHash64 as Spark computes it.
const (
	xxPrime1 uint64 = 0x9E3779B185EBCA87
	xxPrime2 uint64 = 0xC2B2AE3D27D4EB4F
	xxPrime3 uint64 = 0x165667B19E3779F9
	xxPrime4 uint64 = 0x85EBCA77C2B2AE63
	xxPrime5 uint64 = 0x27D4EB2F165667C5
)

func xxMix(h uint64) uint64 {
	h ^= h >> 33
	h *= xxPrime2
	h ^= h >> 29
	h *= xxPrime3
	return h ^ h>>32
}

func xxHashInt(v uint32, seed uint64) uint64 {
	h := seed + xxPrime5 + 4
	h ^= uint64(v) * xxPrime1
	return xxMix(bits.RotateLeft64(h, 23)*xxPrime2 + xxPrime3)
}

func xxHashLong(v, seed uint64) uint64 {
	h := seed + xxPrime5 + 8
	h ^= bits.RotateLeft64(v*xxPrime2, 31) * xxPrime1
	return xxMix(bits.RotateLeft64(h, 27)*xxPrime1 + xxPrime4)
}

func xxHashBytes(b []byte, seed uint64) uint64 {
	n := uint64(len(b))
	h := seed + xxPrime5
	word := func(at int) uint64 {
		return uint64(b[at]) | uint64(b[at+1])<<8 | uint64(b[at+2])<<16 | uint64(b[at+3])<<24 |
			uint64(b[at+4])<<32 | uint64(b[at+5])<<40 | uint64(b[at+6])<<48 | uint64(b[at+7])<<56
	}
	if len(b) >= 32 {
		lanes := [4]uint64{seed + xxPrime1 + xxPrime2, seed + xxPrime2, seed, seed - xxPrime1}
		for ; len(b) >= 32; b = b[32:] {
			for i := range lanes {
				lanes[i] = bits.RotateLeft64(lanes[i]+word(8*i)*xxPrime2, 31) * xxPrime1
			}
		}
		h = bits.RotateLeft64(lanes[0], 1) + bits.RotateLeft64(lanes[1], 7) + bits.RotateLeft64(lanes[2], 12) + bits.RotateLeft64(lanes[3], 18)
		for _, lane := range lanes {
			h = (h^bits.RotateLeft64(lane*xxPrime2, 31)*xxPrime1)*xxPrime1 + xxPrime4
		}
	}
	h += n
	for ; len(b) >= 8; b = b[8:] {
		h = bits.RotateLeft64(h^bits.RotateLeft64(word(0)*xxPrime2, 31)*xxPrime1, 27)*xxPrime1 + xxPrime4
	}
	if len(b) >= 4 {
		v := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24
		h = bits.RotateLeft64(h^v*xxPrime1, 23)*xxPrime2 + xxPrime3
		b = b[4:]
	}
	for _, c := range b {
		h = bits.RotateLeft64(h^uint64(c)*xxPrime5, 11) * xxPrime1
	}
	return xxMix(h)
}

// sparkHash64 is Spark's xxhash64 of row i of v, an atomic value of type t that is not null.
func sparkHash64(v *vector.Vector, i int, t types.Type, seed uint64) uint64 {
	if t.Kind == types.Decimal {
		if v.Physical == types.PhysicalInt64 {
			return xxHashLong(uint64(vector.Get[int64](v, i)), seed)
		}
		return xxHashBytes(bigEndian(vector.Get[types.Int128](v, i)), seed)
	}
	switch v.Physical {
	case types.PhysicalBool:
		return xxHashInt(uint32(vector.Get[uint8](v, i)), seed)
	case types.PhysicalInt8:
		return xxHashInt(uint32(vector.Get[int8](v, i)), seed)
	case types.PhysicalInt16:
		return xxHashInt(uint32(vector.Get[int16](v, i)), seed)
	case types.PhysicalInt32:
		return xxHashInt(uint32(vector.Get[int32](v, i)), seed)
	case types.PhysicalInt64:
		return xxHashLong(uint64(vector.Get[int64](v, i)), seed)
	case types.PhysicalFloat32:
		f := vector.Get[float32](v, i)
		if f == 0 {
			f = 0 // -0.0 is 0.0
		}
		return xxHashInt(math.Float32bits(f), seed)
	case types.PhysicalFloat64:
		return xxHashLong(vector.FloatKey(vector.Get[float64](v, i)), seed)
	case types.PhysicalInterval:
		w := vector.Get[types.Interval](v, i)
		return xxHashInt(uint32(w.Months), xxHashInt(uint32(w.Days), xxHashLong(uint64(w.Micros), seed)))
	case types.PhysicalString:
		return xxHashBytes(v.StringAt(i), seed)
	}
	return seed
}

// bigEndian is the shortest two's complement form of v, as Java's BigInteger.toByteArray gives it.
func bigEndian(v types.Int128) []byte {
	var b [16]byte
	for i := range 8 {
		b[i] = byte(uint64(v.Hi) >> (56 - 8*i))
		b[8+i] = byte(v.Lo >> (56 - 8*i))
	}
	at := 0
	for at < 15 && (b[at] == 0 && b[at+1] < 0x80 || b[at] == 0xff && b[at+1] >= 0x80) {
		at++
	}
	return b[at:]
}
