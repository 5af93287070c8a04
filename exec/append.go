package exec

import (
	"context"

	"github.com/kilnql/kiln/vector"
)

// workPerLook is how often loops over all rows of a worker, which may be millions, look at the query's context: in comparisons
// or rows copied. The bytes of long keys and rows count too, by workOf.
const workPerLook = 1 << 14

// workOf is how many comparisons some bytes that are compared or copied count as.
func workOf(bytes int) int { return bytes >> 6 }

// appendStore copies all rows of from behind those of to, a part at a time, unless ctx is done before: then it gives its error,
// and to has some of the rows.
func appendStore(ctx context.Context, to, from *vector.Store) error {
	each := from.Bytes() / int64(max(1, from.Len))
	step := max(1, workPerLook/(1+workOf(int(each))))
	columns := make([]*vector.Vector, len(from.Columns))
	for start := 0; start < from.Len; start += step {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n := min(step, from.Len-start)
		for c, column := range from.Columns {
			columns[c] = column.Slice(start, n)
		}
		to.Append(columns, nil, n)
	}
	return nil
}
