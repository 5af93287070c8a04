package builtin

import (
	"math/bits"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// bitmapBits is how many bits a bitmap of Spark has: bitmaps of distinct integers are split into buckets of that many.
const bitmapBits = 32768

var bitmapFunctions = []*expr.Function{
	scalar("bitmap_bit_position", doc("misc_funcs", "Returns the bit that stands for an integer in the bitmap of its bucket.", "child - a bigint").
		example("SELECT bitmap_bit_position(1);", "0").example("SELECT bitmap_bit_position(123);", "122"),
		signature{params: of(bigint), result: types.LongType, kernel: unary(func(n int64) int64 {
			if n > 0 {
				return (n - 1) % bitmapBits // bucket 1 starts at 1
			}
			return -n % bitmapBits
		})}),
	scalar("bitmap_bucket_number", doc("misc_funcs", "Returns the number of the bucket that an integer belongs to.", "child - a bigint").
		example("SELECT bitmap_bucket_number(123);", "1").example("SELECT bitmap_bucket_number(0);", "0"),
		signature{params: of(bigint), result: types.LongType, kernel: unary(func(n int64) int64 {
			if n > 0 {
				return 1 + (n-1)/bitmapBits
			}
			return n / bitmapBits
		})}),
	scalar("bitmap_count", doc("misc_funcs", "Returns the number of bits that are set.", "child - binary").
		example("SELECT bitmap_count(X'1010');", "2").example("SELECT bitmap_count(X'FFFF');", "16").example("SELECT bitmap_count(X'0');", "0"),
		signature{params: of(anything), resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
			if args[0].Type().Kind != types.Binary { // nothing is cast
				return outcome{}, unexpectedType(c, "bitmap_count", args, 0, blob.text)
			}
			return outcome{result: types.LongType, kernel: textTo(onesOf)}, nil
		}}),
}

func onesOf(b []byte) (n int64) {
	for _, x := range b {
		n += int64(bits.OnesCount8(x))
	}
	return n
}
