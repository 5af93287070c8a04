package kiln

import (
	"context"

	"github.com/kilnql/kiln/logical"
)

// ComparePlans optimizes two queries and reports whether the plans are the same but for column IDs.
func ComparePlans(ctx context.Context, a, b *DataFrame) (textA, textB string, same bool, err error) {
	for _, d := range []*DataFrame{a, b} {
		if d.err != nil {
			return "", "", false, d.err
		}
	}
	planA, err := a.session.optimize(ctx, a.plan)
	if err != nil {
		return "", "", false, err
	}
	planB, err := b.session.optimize(ctx, b.plan)
	if err != nil {
		return "", "", false, err
	}
	return logical.Format(planA), logical.Format(planB), logical.Same(planA, planB), nil
}
