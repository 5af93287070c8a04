package program

import (
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// lambda is the body of a lambda argument as a program of its own. Its inputs are the parameters, then the columns that
// the body captures.
type lambda struct {
	body     *Program
	params   int
	captured []operand
}

func (b *Builder) lambda(e *expr.Lambda, sel selID) *lambda {
	l := &lambda{params: len(e.Params)}
	var inputs []Input
	for _, p := range e.Params {
		inputs = append(inputs, Input{ID: p.ID, Name: p.Name, Type: p.Typ, Physical: p.Typ.Physical(), Nullable: p.Null})
	}
	expr.VisitColumns(e, func(c *expr.Column) {
		for _, in := range inputs {
			if in.ID == c.ID {
				return
			}
		}
		o := b.widest(b.value(b.values.number(c), sel), sel)
		l.captured = append(l.captured, o)
		inputs = append(inputs, Input{ID: c.ID, Name: c.Name, Type: c.Typ, Physical: o.phys, Nullable: o.nullable, Range: o.rng})
	})
	body := NewBuilder(b.options, inputs)
	var id expr.ColumnID
	for _, in := range inputs {
		id = max(id, in.ID)
	}
	id++
	if err := body.Define(id, "result", e.Body); err != nil {
		b.fail(err)
		return l
	}
	p, err := body.Build([]expr.ColumnID{id})
	if err != nil {
		b.fail(err)
		return l
	}
	l.body = p
	return l
}

// lambdaRun evaluates a lambda in one machine, a piece of a chunk's size at a time.
type lambdaRun struct {
	l       *lambda
	outer   *Machine
	machine *Machine
	params  []*vector.Vector
	rows    []int32
	start   int
	n       int
	result  *vector.Vector
	held    int64 // the most bytes of result so far
}

func (l *lambda) bind(outer *Machine) expr.LambdaFunc {
	r := &lambdaRun{l: l, outer: outer, machine: l.body.NewMachine(Env{Context: outer.env.Context, Reserve: outer.env.Reserve, Grow: outer.env.Grow, MostWork: outer.env.MostWork})}
	r.result = vector.NewFlat(l.body.outputs[0].Type, 0)
	return r.run
}

func (r *lambdaRun) run(params []*vector.Vector, rows []int32, n int) (*vector.Vector, error) {
	r.params, r.rows = params, rows
	r.result.Reset(0)
	for r.start = 0; r.start < n; r.start += r.n {
		r.n = min(n-r.start, vector.ChunkSize)
		if err := r.machine.Run(r, r.n, r.outer.at, r.append); err != nil {
			return nil, err
		}
	}
	return r.result, nil
}

func (r *lambdaRun) append(c *vector.Chunk) error {
	v := c.Columns[0]
	if v.Physical != r.result.Physical {
		wide := vector.NewFlat(r.result.Type, c.Len)
		wide.Reset(c.Len)
		kernel.Widen(vector.Flatten(v, c.Len), r.result.Physical, nil, wide)
		v = wide
	}
	vector.AppendRows(r.result, v, c.Selection, c.Len)
	grown := r.result.Bytes() - r.held
	if grown <= 0 {
		return nil
	}
	r.held += grown
	return r.outer.budget.Grow(grown)
}

// Load gives the body a piece of a parameter, or a captured column spread over the elements. It implements Source.
func (r *lambdaRun) Load(c int, sel vector.Selection, v *vector.Vector) error {
	if c < r.l.params {
		rows := make([]int32, r.n)
		for i := range rows {
			rows[i] = int32(r.start + i)
		}
		kernel.Gather(r.params[c], rows, sel, v)
		return nil
	}
	kernel.Gather(r.outer.vector(r.l.captured[c-r.l.params].reg), r.rows[r.start:r.start+r.n], sel, v)
	return nil
}
