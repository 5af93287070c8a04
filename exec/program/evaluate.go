package program

import (
	"context"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// Evaluator computes expressions on chunks of vectors.
type Evaluator struct {
	machine *Machine
	columns []*vector.Vector
	results []*vector.Vector
}

// NewEvaluator compiles expressions over inputs. An Evaluator is for one goroutine.
func NewEvaluator(o Options, exprs []expr.Expr, inputs []Input) (*Evaluator, error) {
	return newEvaluator(o, exprs, inputs, Env{})
}

func newEvaluator(o Options, exprs []expr.Expr, inputs []Input, e Env) (*Evaluator, error) {
	b := NewBuilder(o, inputs)
	var next expr.ColumnID
	for _, in := range inputs {
		next = max(next, in.ID)
	}
	var ids []expr.ColumnID
	for _, e := range exprs {
		next++
		if err := b.Define(next, expr.SQL(e), e); err != nil {
			return nil, err
		}
		ids = append(ids, next)
	}
	b.Widen(ids)
	p, err := b.Build(ids)
	if err != nil {
		return nil, err
	}
	return &Evaluator{machine: p.NewMachine(e)}, nil
}

// Program is what the evaluator runs.
func (v *Evaluator) Program() *Program { return v.machine.p }

// Run computes the expressions for the first n rows of columns, which are the inputs in order. The results, in the
// widest layouts and any encoding, are good until the next call.
func (v *Evaluator) Run(columns []*vector.Vector, n int) ([]*vector.Vector, error) {
	v.columns, v.results = columns, nil
	err := v.machine.Run(v, n, Position{}, func(c *vector.Chunk) error {
		v.results = c.Columns
		return nil
	})
	return v.results, err
}

// Load gives the program an input. It implements Source.
func (v *Evaluator) Load(c int, _ vector.Selection, to *vector.Vector) error {
	*to = *v.columns[c]
	return nil
}

// Evaluate computes a constant expression, giving its value in the Go forms of package types. It ends with the error of ctx
// when ctx is done. grow, if not nil, is asked for the bytes of large results before they are made (Env.Grow); they are the
// caller's to count when Evaluate has returned.
func Evaluate(ctx context.Context, e expr.Expr, grow func(bytes int64) error) (any, error) {
	return evaluateIn(e, Env{Context: ctx, Grow: grow})
}

// Fold is Evaluate for expressions that may as well be computed when the query runs: it fails with
// expr.ErrTooMuch as soon as they take more than a little memory or time.
func Fold(ctx context.Context, e expr.Expr) (any, error) {
	return evaluateIn(e, Env{Context: ctx, MostWork: expr.MostFoldedWork, Grow: expr.FoldedBytes()})
}

func evaluateIn(e expr.Expr, env Env) (any, error) {
	if l, ok := e.(*expr.Literal); ok {
		return l.Value, nil
	}
	v, err := newEvaluator(DefaultOptions(), []expr.Expr{e}, nil, env)
	if err != nil {
		return nil, err
	}
	columns, err := v.Run(nil, 1)
	if err != nil {
		return nil, err
	}
	return kernel.Value(columns[0], 0), nil
}
