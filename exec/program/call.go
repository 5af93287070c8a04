package program

import (
	"strings"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// application is a kernel applied to arguments: a call, or a cast.
type application struct {
	name     string
	kernel   expr.Kernel
	e        expr.Expr
	args     []operand // in the widest layout; lambdas are noReg without a literal
	lambdas  []*lambda
	settings *expr.Settings
	nulls    expr.NullPolicy
	fails    bool
	argTypes []types.Type
}

func (b *Builder) call(n *valueNode, e *expr.Call, sel selID) operand {
	a := &application{name: e.Function.Name, kernel: e.Kernel, e: e, settings: e.Settings, nulls: e.Function.Nulls, fails: e.Fails}
	if e.Kernel == nil {
		panic("program: function " + e.Function.Name + " has no kernel")
	}
	nullable := e.Null
	for i, k := range n.kids {
		if l, ok := e.Args[i].(*expr.Lambda); ok {
			a.args = append(a.args, operand{reg: noReg})
			a.lambdas = append(a.lambdas, b.lambda(l, sel))
		} else {
			o := b.value(k, sel)
			nullable = nullable || o.nullable && a.nulls == expr.NullPropagating
			a.args = append(a.args, b.widest(o, sel))
			a.lambdas = append(a.lambdas, nil)
		}
		a.argTypes = append(a.argTypes, e.Args[i].Type())
	}
	return b.apply(n, a, nullable, sel)
}

func (b *Builder) cast(n *valueNode, e *expr.Cast, sel selID) operand {
	o := b.value(n.kids[0], sel)
	if o.isNull() {
		return b.nullOf(e)
	}
	from, to := e.Input.Type(), e.Typ
	if widensInteger(e) {
		return b.castInteger(n, o, to, sel)
	}
	if o, ok := b.castToDecimal(n, e, o, sel); ok {
		return o
	}
	if e.Kernel == nil {
		o.typ = to
		if o.literal != nil {
			l := *o.literal
			l.Typ = to
			o.literal = &l
		}
		return o
	}
	a := &application{name: "cast", kernel: e.Kernel, e: e, settings: e.Settings, nulls: expr.NullPropagating,
		fails: e.Fails && e.Mode == expr.Checked, argTypes: []types.Type{from}}
	a.args = []operand{b.widest(o, sel)}
	return b.apply(n, a, o.nullable || e.Null || e.Fails && e.Mode != expr.Checked, sel)
}

// widensInteger reports whether a cast of an integer or decimal changes at most the layout: the target holds every value
// at the same scale.
func widensInteger(e *expr.Cast) bool {
	from, to := e.Input.Type(), e.Typ
	switch {
	case from.IsIntegral() && to.IsIntegral():
		return to.Kind >= from.Kind
	case from.Kind == types.Decimal && to.Kind == types.Decimal:
		return to.Scale == from.Scale && to.Precision >= from.Precision
	case from.IsIntegral() && to.Kind == types.Decimal:
		return to.Scale == 0 && types.IsWiderDecimal(to, from)
	}
	return false
}

// castToDecimal multiplies by a power of ten where a cast to a decimal only adds fraction digits and 64 bits suffice.
func (b *Builder) castToDecimal(n *valueNode, e *expr.Cast, o operand, sel selID) (operand, bool) {
	from, to := e.Input.Type(), e.Typ
	if to.Kind != types.Decimal || o.isLiteral() || !o.phys.IsInteger() || o.phys == types.PhysicalInt128 || !types.IsWiderDecimal(to, from) {
		return o, false
	}
	if !b.options.NarrowTypes && to.Physical() == types.PhysicalInt128 {
		return o, false
	}
	digits := int(to.Scale) - int(from.Scale)
	if !b.scalesWithin64(o, digits) {
		return o, false
	}
	o = b.rescale(o, digits, sel)
	o.typ, o.rng = to, n.rng
	return o, true
}

// castInteger changes the type of a value without touching it; the layout stays, as registers may be narrow anyway.
func (b *Builder) castInteger(n *valueNode, o operand, to types.Type, sel selID) operand {
	if o.isLiteral() {
		o = b.constantRegister(o)
	}
	if !b.options.NarrowTypes {
		p := max(o.phys, to.Physical())
		w := b.newRegister(to, p, o.nullable, n.rng, computed)
		b.emitStep(step{name: "convert", out: []reg{w.reg}, in: []operand{o}, sel: sel, bind: bindConvert(o, p)})
		return w
	}
	o.typ = to
	return o
}

func bindConvert(o operand, p types.Physical) binder {
	return func(m *Machine, s *step) func() error {
		return func() error {
			kernel.Widen(m.flat(o.reg), p, m.denseOr(s.sel), m.result(s))
			return nil
		}
	}
}

// apply emits the application of a kernel.
func (b *Builder) apply(n *valueNode, a *application, nullable bool, sel selID) operand {
	t := a.e.Type()
	out := b.result(a.e, t.Physical(), nullable, n.rng)
	if t.IsNested() {
		b.registers[out.reg].class = foreign
	}
	var ins []operand
	for _, o := range a.args {
		if o.reg != noReg {
			ins = append(ins, o)
		}
	}
	for _, l := range a.lambdas {
		if l != nil {
			ins = append(ins, l.captured...)
		}
	}
	single := b.dictionaryArgument(n, a)
	s := step{name: a.name, out: []reg{out.reg}, in: ins, sel: sel}
	if n.e == a.e {
		s.detail = expr.SQL(a.e)
	}
	s.bind = func(m *Machine, s *step) func() error { return bindApplication(m, s, a, single) }
	b.emitStep(s)
	return out
}

// dictionaryArgument is the one argument that is not constant, if the application may be evaluated for each entry of its
// dictionary instead of each row; -1 if not.
func (b *Builder) dictionaryArgument(n *valueNode, a *application) int {
	if !b.options.DictionaryEvaluation || !n.deterministic {
		return -1
	}
	single := -1
	for i, o := range a.args {
		if o.reg == noReg {
			return -1
		}
		if b.registers[o.reg].class == fixed {
			continue
		}
		if single >= 0 {
			return -1
		}
		single = i
	}
	return single
}

// applied is an application in one machine.
type applied struct {
	*application
	c       expr.KernelContext
	args    []*vector.Vector
	rows    []uint16
	results map[uint64]*entryResults
}

// entryResults is what an application gave for each entry of a dictionary.
type entryResults struct {
	dict   *vector.Dict
	errors []error // nil, or by entry
}

func bindApplication(m *Machine, s *step, a *application, single int) func() error {
	p := &applied{application: a, args: make([]*vector.Vector, len(a.args))}
	p.c = expr.KernelContext{Settings: a.settings, Span: a.e.Place(), Type: a.e.Type(), ArgTypes: a.argTypes, Budget: &m.budget}
	for _, l := range a.lambdas {
		if l == nil {
			p.c.Lambdas = append(p.c.Lambdas, nil)
			continue
		}
		p.c.Lambdas = append(p.c.Lambdas, l.bind(m))
	}
	return func() error {
		sel := m.sels[s.sel]
		p.c.Partition, p.c.RowBase = m.at.Partition, m.rowBase()
		if single >= 0 {
			v := m.vector(a.args[single].reg)
			if v.Encoding == vector.Dictionary && v.Dict.Values.Len <= maxDictionaryEvaluation && (a.nulls == expr.NullPropagating || v.Valid == nil) {
				return p.byEntry(m, s, v, single)
			}
		}
		for i, o := range a.args {
			if o.reg == noReg {
				continue
			}
			if p.args[i] = m.vector(o.reg); p.args[i].Encoding != vector.Constant {
				p.args[i] = m.flat(o.reg)
			}
			p.args[i].Len = m.n
		}
		return p.run(sel, m.result(s))
	}
}

// run calls the kernel for rows of sel, leaving null rows out where it must not see them.
func (p *applied) run(sel vector.Selection, out *vector.Vector) error {
	if p.nulls == expr.NullPropagating {
		kernel.IntersectValidity(out, p.present()...)
		if out.Valid != nil {
			if len(p.rows) < out.Len {
				p.rows = make([]uint16, out.Len)
			}
			k := kernel.SelectValid(out.Valid, 1, out.Len, sel, p.rows)
			if k == 0 {
				return nil
			}
			if k < sel.Rows(out.Len) {
				sel = p.rows[:k]
			}
		}
	}
	err := p.kernel(&p.c, p.args, sel, out)
	if refused := p.c.Budget.Err(); refused != nil {
		err = withExpression(refused, p.e) // whatever the kernel made of it
	}
	if err != nil {
		return placed(err, p.e.Place())
	}
	return nil
}

// longestName is the length in bytes from which the text of an expression is cut in an error.
const longestName = 80

// withExpression names the expression in an error that says that memory is used up.
func withExpression(err error, e expr.Expr) error {
	d, ok := err.(*diag.Error)
	if !ok || d.Condition != "OUT_OF_MEMORY" || strings.Contains(d.Text, outOfMemoryFor) {
		return err
	}
	name := expr.SQL(e)
	if len(name) > longestName {
		name = strings.ToValidUTF8(name[:longestName], "") + "…"
	}
	d.Text += outOfMemoryFor + name + "."
	return d
}

// outOfMemoryFor stands before the expression.
const outOfMemoryFor = " It is needed for the result of "

// present is the arguments that are vectors.
func (p *applied) present() []*vector.Vector {
	for i, v := range p.args {
		if v != nil {
			continue
		}
		var some []*vector.Vector
		for _, w := range p.args[i:] {
			if w != nil {
				some = append(some, w)
			}
		}
		return append(some, p.args[:i]...)
	}
	return p.args
}

// placed gives a user error the place of the expression that raised it.
func placed(err error, place diag.Span) error {
	if e, ok := err.(*diag.Error); ok {
		return e.At(place)
	}
	return err
}

// byEntry evaluates the application for each entry of v's dictionary, once for each dictionary, and gives a dictionary
// vector with the same codes. An entry's error is raised when a selected row has the entry.
func (p *applied) byEntry(m *Machine, s *step, v *vector.Vector, single int) error {
	r, err := p.entries(m, v.Dict, single)
	if err != nil {
		return err
	}
	sel, codes := m.sels[s.sel], v.Codes()
	if r.errors != nil {
		if err := entryError(r.errors, v, sel); err != nil {
			return err
		}
	}
	out := m.begin(s.out[0], m.n, sel)
	out.Reset(0)
	copy(out.SetDictionary(r.dict, m.n), codes)
	if v.Valid != nil {
		copy(out.NewValid(), v.Valid)
	}
	return nil
}

func entryError(errors []error, v *vector.Vector, sel vector.Selection) error {
	codes := v.Codes()
	for j := range sel.Rows(v.Len) {
		i := j
		if sel != nil {
			i = int(sel[j])
		}
		if v.Valid != nil && !v.Valid.Get(i) {
			continue
		}
		if err := errors[codes[i]]; err != nil {
			return err
		}
	}
	return nil
}

func (p *applied) entries(m *Machine, d *vector.Dict, single int) (*entryResults, error) {
	if r, ok := p.results[d.ID]; ok {
		return r, nil
	}
	n := d.Values.Len
	for i, o := range p.application.args {
		if i == single {
			p.args[i] = d.Values
			continue
		}
		constant := *m.vector(o.reg)
		constant.Len = n
		p.args[i] = &constant
	}
	out := vector.NewFlat(p.e.Type(), n)
	out.Reset(n)
	r := &entryResults{dict: &vector.Dict{ID: vector.NewDictIDs(1), Values: out}}
	if p.fails {
		r.errors = p.oneByOne(n, out)
		if err := p.c.Budget.Err(); err != nil {
			return nil, placed(err, p.e.Place())
		}
	} else if err := p.run(nil, out); err != nil {
		return nil, err
	}
	if len(p.results) >= maxKeptDictionaries || p.results == nil {
		p.results = map[uint64]*entryResults{}
	}
	p.results[d.ID] = r
	return r, nil
}

// oneByOne evaluates a fallible application entry by entry, keeping errors.
func (p *applied) oneByOne(n int, out *vector.Vector) []error {
	// First all at once: most dictionaries have no entry that fails.
	if p.run(nil, out) == nil {
		return nil
	}
	errors := make([]error, n)
	one := make(vector.Selection, 1)
	whole := vector.NewFlat(p.e.Type(), n)
	whole.Reset(n)
	var valid vector.Bitmap
	for i := range n {
		one[0] = uint16(i)
		errors[i] = p.run(one, whole)
		if whole.Valid != nil && valid == nil {
			valid = vector.NewBitmap(n)
			valid.SetAll(n)
		}
		if whole.Valid != nil && !whole.Valid.Get(i) {
			valid.Clear(i)
		}
		whole.Valid = nil
	}
	*out = *whole
	if valid != nil {
		copy(out.NewValid(), valid)
	}
	return errors
}

// rowBase is the number of rows of the partition before the current chunk of the current space.
func (m *Machine) rowBase() int64 {
	if m.space == 0 {
		return m.at.RowBase
	}
	return m.spaces[m.space].before
}

// field compiles access to a member of a struct.
func (b *Builder) field(n *valueNode, e *expr.Field, sel selID) operand {
	o := b.value(n.kids[0], sel)
	if o.isNull() {
		return b.nullOf(e)
	}
	o = b.notLiteral(o)
	out := b.newRegister(e.Typ, e.Typ.Physical(), o.nullable || e.Null, types.Range{}, foreign)
	b.registers[o.reg].class = max(b.registers[o.reg].class, foreign)
	b.emitStep(step{name: "field", out: []reg{out.reg}, in: []operand{o}, sel: sel, detail: expr.SQL(e), bind: func(m *Machine, s *step) func() error {
		return func() error {
			v := m.flat(o.reg)
			child := v.Children[e.Index]
			if v.Valid == nil && child.Physical == out.phys {
				m.alias(s.out[0], child, m.sels[s.sel])
				return nil
			}
			return m.copyField(v, child, s)
		}
	}})
	return out
}

// copyField copies a member whose nulls, or layout, are not the register's.
func (m *Machine) copyField(v, child *vector.Vector, s *step) error {
	sel := m.sels[s.sel]
	out := m.begin(s.out[0], m.n, sel)
	switch {
	case child.Physical != out.Physical && child.Encoding == vector.Flat:
		out.Reset(m.n)
		kernel.Widen(child, out.Physical, sel, out)
	default:
		kernel.Flatten(child, sel, out)
	}
	m.intersectOne(out, v)
	return nil
}
