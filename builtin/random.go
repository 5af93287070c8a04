package builtin

import (
	encoding "encoding/binary"
	"math"
	"math/bits"
	"math/rand/v2"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// Random numbers come from Spark's generator, so that rand(seed) gives the numbers Spark gives.

// xorShift is Spark's XORShiftRandom under java.util.Random.
type xorShift struct {
	seed     uint64
	gaussian float64
	hasNext  bool
}

// newXorShift starts a generator; the seed is hashed first.
func newXorShift(seed int64) *xorShift {
	var b [8]byte
	encoding.BigEndian.PutUint64(b[:], uint64(seed))
	low := murmur3(b[:], 0x3c074a61)
	high := murmur3(b[:], low)
	return &xorShift{seed: uint64(high)<<32 | uint64(low)}
}

// murmur3 is MurmurHash3 of bytes whose number is a multiple of four.
func murmur3(b []byte, seed uint32) uint32 {
	h := seed
	for i := 0; i+4 <= len(b); i += 4 {
		k := encoding.LittleEndian.Uint32(b[i:]) * 0xcc9e2d51
		k = bits.RotateLeft32(k, 15) * 0x1b873593
		h = bits.RotateLeft32(h^k, 13)*5 + 0xe6546b64
	}
	h ^= uint32(len(b))
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}

// next returns the given number of random bits.
func (r *xorShift) next(n uint) int64 {
	s := r.seed ^ r.seed<<21
	s ^= s >> 35
	s ^= s << 4
	r.seed = s
	return int64(int32(s & (1<<n - 1)))
}

// double returns a number in [0, 1).
func (r *xorShift) double() float64 {
	high := r.next(26) << 27
	return float64(high+r.next(27)) * 0x1p-53
}

// normal returns a number of the standard normal distribution, by the polar method.
func (r *xorShift) normal() float64 {
	if r.hasNext {
		r.hasNext = false
		return r.gaussian
	}
	for {
		a, b := 2*r.double()-1, 2*r.double()-1
		if s := a*a + b*b; s < 1 && s != 0 {
			scale := math.Sqrt(-2 * math.Log(s) / s)
			r.gaussian, r.hasNext = b*scale, true
			return a * scale
		}
	}
}

// partitionState is the state of a kernel that counts or draws along a partition.
type partitionState struct {
	partition int32
	rowBase   int64
	random    *xorShift
	uuids     *rand.PCG
	count     int64
}

// partitionOf returns the state, started afresh where a new partition begins.
func partitionOf(c *expr.KernelContext, seed int64) *partitionState {
	s, ok := c.State.(*partitionState)
	if !ok || s.partition != c.Partition || c.RowBase < s.rowBase {
		s = &partitionState{partition: c.Partition, random: newXorShift(seed + int64(c.Partition))}
		c.State = s
	}
	s.rowBase = c.RowBase
	return s
}

var randomFunctions = []*expr.Function{
	alias(randomFunction("rand", (*xorShift).double, doc("math_funcs", "Returns a random number, evenly distributed in [0, 1).", "seed - an integer constant").printed(under("rand", "random")).
		example("SELECT rand(0);", "0.7604953758285915").example("SELECT rand(NULL);", "0.7604953758285915")), "random"),
	randomFunction("randn", (*xorShift).normal, doc("math_funcs", "Returns a random number of the standard normal distribution.", "seed - an integer constant").
		example("SELECT randn(0);", "1.6034991609278433")),
	uuidFunction,
	rowIDFunction,
	partitionIDFunction,
}

func randomFunction(name string, draw func(*xorShift) float64, d document) *expr.Function {
	f := newFunction(name, d)
	f.NonDeterministic, f.Stateful = true, true
	f.Bind = func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		seed := rand.Int64()
		switch {
		case len(args) > 1:
			return nil, wrongNumber(c, name, 0, 1, len(args))
		case len(args) == 1:
			if k := args[0].Type(); !k.IsIntegral() && k.Kind != types.Void && k.Kind != types.String {
				return nil, unexpectedType(c, name, args, 0, `("INT" or "BIGINT")`)
			}
			e, err := castTo(c, args[0], types.LongType)
			if err != nil {
				return nil, err
			}
			v, err := constantOf(c, name, "seed", types.LongType, []expr.Expr{e}, 0)
			if err != nil {
				return nil, err
			}
			seed, _ = v.(int64) // NULL is 0
		}
		kernel := func(k *expr.KernelContext, _ []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
			s, to := partitionOf(k, seed), vector.Values[float64](out)
			eachRow(sel, out.Len, func(i int) { to[i] = draw(s.random) })
			return nil
		}
		// The seed is in the kernel: as an argument it could make the result null.
		return makeCall(c, f, nil, outcome{result: types.DoubleType, kernel: kernel}), nil
	}
	return f
}

var uuidFunction = func() *expr.Function {
	f := &expr.Function{
		Name: "uuid", NonDeterministic: true, Stateful: true,
		Doc: doc("misc_funcs", "Returns a random UUID as a string.").example("SELECT length(uuid());", "36").Doc,
	}
	f.Bind = func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		if len(args) > 0 {
			return nil, wrongNumber(c, "uuid", 0, 0, len(args))
		}
		// As in Spark the seed belongs to the call: each run of the query gives the same UUIDs.
		return makeCall(c, f, nil, outcome{result: types.StringType, kernel: uuidKernel(rand.Int64())}), nil
	}
	return f
}()

func uuidKernel(seed int64) expr.Kernel {
	return func(c *expr.KernelContext, _ []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		state := partitionOf(c, seed)
		if state.uuids == nil {
			state.uuids = rand.NewPCG(uint64(seed), uint64(c.Partition))
		}
		writeUUIDs(state.uuids, sel, out)
		return nil
	}
}

func writeUUIDs(source *rand.PCG, sel vector.Selection, out *vector.Vector) {
	var text [36]byte
	eachRow(sel, out.Len, func(i int) {
		high, low := source.Uint64(), source.Uint64()
		high = high&^0xf000 | 0x4000
		low = low&^(3<<62) | 1<<63
		at := 0
		for n, word := range [2]uint64{high, low} {
			for shift := 60; shift >= 0; shift -= 4 {
				text[at] = "0123456789abcdef"[word>>shift&15]
				at++
				if n == 0 && (shift == 32 || shift == 16 || shift == 0) || n == 1 && shift == 48 {
					text[at] = '-'
					at++
				}
			}
		}
		out.SetString(i, text[:])
	})
}

var rowIDFunction = func() *expr.Function {
	f := scalar("monotonically_increasing_id", doc("misc_funcs", "Returns a bigint for each row that grows along the table: the number of the partition in the upper 31 bits, that of the row in it below.").
		example("SELECT monotonically_increasing_id();", "0"),
		signature{result: types.LongType, kernel: func(c *expr.KernelContext, _ []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
			s, to := partitionOf(c, 0), vector.Values[int64](out)
			eachRow(sel, out.Len, func(i int) {
				to[i] = int64(c.Partition)<<33 + s.count
				s.count++
			})
			return nil
		}})
	f.NonDeterministic, f.Stateful = true, true
	return f
}()

var partitionIDFunction = func() *expr.Function {
	f := scalar("spark_partition_id", doc("misc_funcs", "Returns the number of the partition that the row is in.").printed(capitals()).
		example("SELECT spark_partition_id();", "0"),
		signature{result: types.IntType, kernel: func(c *expr.KernelContext, _ []*vector.Vector, _ vector.Selection, out *vector.Vector) error {
			fill(out, c.Partition)
			return nil
		}})
	f.NonDeterministic = true
	return f
}()
