package program

import (
	"strconv"
	"unsafe"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// passKind is the arithmetic of a pass that updates several aggregates at once.
type passKind uint8

const (
	integerPass passKind = iota
	floatPass
	countPass // fits both
)

// pass is the aggregates that one instruction updates: they have the same rows, and their sums are of one kind.
type pass struct {
	members []*accumulation
	columns []operand // distinct arguments
	column  []int     // of each member: its argument among columns, -1 for count(*)
	sel     selID
}

// passForm tells which kind of pass an aggregate can be part of.
func passForm(a *accumulation) (passKind, bool) {
	switch a.Aggregate.Kernel.Kind {
	case expr.CountAggregate:
		if len(a.args) > 1 {
			return 0, false
		}
		return countPass, true
	case expr.SumAggregate, expr.AvgAggregate:
		o := a.args[0]
		switch {
		case o.isLiteral():
			return 0, false
		case o.phys == types.PhysicalFloat64:
			return floatPass, a.Aggregate.Kernel.Size == 16
		case o.phys.IsInteger() && o.phys != types.PhysicalInt128:
			return integerPass, a.Aggregate.Kernel.Size == 24 || a.Aggregate.Kernel.Size == 32
		}
	}
	return 0, false
}

// sumSize is the size of the sum in a sum's state; the count of values follows it.
func sumSize(a *accumulation) int { return a.Aggregate.Kernel.Size - 8 }

// countable is the argument of a count whose nulls matter; ok is false if all rows count alike, or none.
func countable(a *accumulation) (o operand, ok bool) {
	if len(a.args) == 0 || a.args[0].isLiteral() || !a.args[0].nullable {
		return operand{}, false
	}
	return a.args[0], true
}

// passOf collects the members of the pass that list[first] starts. Members are taken out of list order's way by a mark.
func (b *Builder) passOf(list []*accumulation, products map[*accumulation]bool, first int, form passKind) *pass {
	p := &pass{sel: list[first].sel}
	kind := form
	for i := first; i < len(list); i++ {
		a := list[i]
		if a.sel != p.sel || products[a] {
			continue
		}
		f, ok := passForm(a)
		if !ok || f != countPass && kind != countPass && f != kind {
			continue
		}
		if !p.add(a) {
			continue
		}
		if f != countPass {
			kind = f
		}
		products[a] = true
	}
	return p
}

// add makes a part of the pass if its argument still fits.
func (p *pass) add(a *accumulation) bool {
	at := -1
	if a.Aggregate.Kernel.Kind == expr.CountAggregate {
		o, ok := countable(a)
		switch {
		case len(a.args) == 1 && a.args[0].isNull():
			return true // never counts
		case !ok:
			p.members, p.column = append(p.members, a), append(p.column, -1)
			return true
		}
		a.args[0] = o
	}
	for i, o := range p.columns {
		if o.reg == a.args[0].reg {
			at = i
		}
	}
	if at < 0 {
		if len(p.columns) == kernel.MaxAccumulate {
			return false
		}
		at = len(p.columns)
		p.columns = append(p.columns, a.args[0])
	}
	p.members, p.column = append(p.members, a), append(p.column, at)
	return true
}

// emitPass emits the instruction of a pass.
func (b *Builder) emitPass(p *pass, form passKind, grouped bool) {
	if len(p.members) == 0 {
		return
	}
	floats := false
	for _, a := range p.members {
		if f, _ := passForm(a); f == floatPass {
			floats = true
		}
	}
	detail := ""
	for i, a := range p.members {
		if i > 0 {
			detail += ", "
		}
		detail += expr.SQL(a.Aggregate)
	}
	s := step{name: "acc" + strconv.Itoa(len(p.columns)), in: p.columns, sel: p.sel, detail: detail, fused: len(p.members) > 1}
	if floats {
		s.bind = func(m *Machine, s *step) func() error { return bindPass[float64](m, s, p, grouped) }
	} else {
		s.bind = func(m *Machine, s *step) func() error { return bindPass[int64](m, s, p, grouped) }
	}
	b.emitStep(s)
}

// passState is a pass in one machine.
type passState[T kernel.Accumulated] struct {
	*pass
	m       *Machine
	columns [][]T // values, then for nullable columns the counts
	scratch [][]T
	counts  []int // of each column: where its count is among the accumulators
	acc     []T
	bounded []bool
}

func bindPass[T kernel.Accumulated](m *Machine, s *step, p *pass, grouped bool) func() error {
	st := &passState[T]{pass: p, m: m, counts: make([]int, len(p.columns)), bounded: make([]bool, len(p.columns))}
	for i, o := range p.columns {
		st.bounded[i] = o.rng.Known && o.rng.Min >= -safeMagnitude && o.rng.Max <= safeMagnitude
	}
	return func() error { return st.run(m.sels[s.sel], grouped) }
}

// safeMagnitude bounds values of which a chunk's sum fits 64 bits, whatever the chunk's size.
const safeMagnitude = 1 << 46

// rowsPerGroup is the number of rows for each group number in a chunk from which groups get accumulators of their own for the
// chunk: fewer where more columns gain from it.
func (p *passState[T]) rowsPerGroup() int {
	if len(p.columns) > 2 {
		return 2
	}
	return 8
}

func (p *passState[T]) run(sel vector.Selection, grouped bool) error {
	m := p.m
	p.load(sel)
	base, stride := m.env.Groups.States()
	safe := p.safe(sel)
	switch {
	case !grouped && safe:
		p.accumulators(1)
		first := min(len(p.columns), kernel.MaxAccumulate)
		for c, column := range p.columns {
			at := c
			if c >= first {
				at = c + 1
			}
			p.acc[at] = kernel.Sum(column, sel)
		}
		p.acc[first] = T(sel.Rows(m.n))
		p.fold(base, stride, 1)
	case grouped && safe && m.groupCount*p.rowsPerGroup() <= m.n:
		p.accumulators(m.groupCount)
		p.accumulate(sel)
		p.fold(base, stride, m.groupCount)
	default:
		p.direct(sel, base, stride, grouped)
	}
	return nil
}

// accumulators clears the chunk's own accumulators for some groups: for each, those of the columns and one for the rows.
// Columns beyond those that fit one pass, the counts of nullable ones, have accumulators of their own behind.
func (p *passState[T]) accumulators(groups int) {
	first := min(len(p.columns), kernel.MaxAccumulate)
	n := groups * (first + 1)
	if rest := len(p.columns) - first; rest > 0 {
		n += groups * (rest + 1)
	}
	if cap(p.acc) < n {
		p.acc = make([]T, n)
	}
	p.acc = p.acc[:n]
	clear(p.acc)
}

// accumulate adds all columns to the chunk's own accumulators.
func (p *passState[T]) accumulate(sel vector.Selection) {
	m, first := p.m, min(len(p.columns), kernel.MaxAccumulate)
	kernel.Accumulate(m.groups, p.columns[:first], sel, m.n, p.acc[:m.groupCount*(first+1)])
	if rest := p.columns[first:]; len(rest) > 0 {
		kernel.Accumulate(m.groups, rest, sel, m.n, p.acc[m.groupCount*(first+1):])
	}
}

// sum is the accumulator of column c for group g of so many.
func (p *passState[T]) sum(g, groups, c int) T {
	first := min(len(p.columns), kernel.MaxAccumulate)
	if c < first {
		return p.acc[g*(first+1)+c]
	}
	rest := len(p.columns) - first
	return p.acc[groups*(first+1)+g*(rest+1)+c-first]
}

// rows is the number of rows of group g.
func (p *passState[T]) rows(g int) T {
	first := min(len(p.columns), kernel.MaxAccumulate)
	return p.acc[g*(first+1)+first]
}

// Marks of where a column's count will be: with the rows', or behind the columns.
const (
	rowsCount = -1
	ownCount  = -2
)

// load brings the arguments into columns of one width, nulls replaced by zero and counted.
func (p *passState[T]) load(sel vector.Selection) {
	p.columns = p.columns[:0]
	for c, o := range p.pass.columns {
		v := p.m.flat(o.reg)
		if v.Valid == nil {
			p.columns = append(p.columns, p.values(v, c))
			p.counts[c] = rowsCount
			continue
		}
		values, count := p.buffer(2*c), p.buffer(2*c+1)
		zeroNulls(v, values, count)
		p.columns = append(p.columns, values[:v.Len])
		p.counts[c] = -2
	}
	for c := range p.pass.columns {
		if p.counts[c] == ownCount {
			p.columns = append(p.columns, p.buffer(2*c + 1)[:p.m.n])
			p.counts[c] = len(p.columns) - 1
		}
	}
	// Without nulls the count is that of the rows, behind all columns.
	for c := range p.counts {
		if p.counts[c] == rowsCount {
			p.counts[c] = len(p.columns)
		}
	}
}

func (p *passState[T]) buffer(i int) []T {
	for len(p.scratch) <= i {
		p.scratch = append(p.scratch, nil)
	}
	if len(p.scratch[i]) < p.m.room {
		p.scratch[i] = make([]T, p.m.room)
	}
	return p.scratch[i]
}

// values are a column's values as T, in place if they are that.
func (p *passState[T]) values(v *vector.Vector, c int) []T {
	var zero T
	switch any(zero).(type) {
	case int64:
		if v.Physical == types.PhysicalInt64 {
			return vector.Values[T](v)
		}
	case float64:
		if v.Physical == types.PhysicalFloat64 {
			return vector.Values[T](v)
		}
	}
	out := p.buffer(2 * c)[:v.Len]
	switch v.Physical {
	case types.PhysicalInt8:
		widenTo(vector.Values[int8](v), out)
	case types.PhysicalInt16:
		widenTo(vector.Values[int16](v), out)
	case types.PhysicalInt32:
		widenTo(vector.Values[int32](v), out)
	case types.PhysicalInt64:
		widenTo(vector.Values[int64](v), out)
	default:
		clear(out) // only counted
	}
	return out
}

func widenTo[A kernel.Number, T kernel.Accumulated](a []A, out []T) {
	out = out[:len(a)]
	for i, v := range a {
		out[i] = T(v)
	}
}

// zeroNulls spreads a nullable column into values and counts; a column that is only counted has no values.
func zeroNulls[T kernel.Accumulated](v *vector.Vector, out, count []T) {
	switch v.Physical {
	case types.PhysicalInt8:
		kernel.ZeroNulls(vector.Values[int8](v), v.Valid, out, count)
	case types.PhysicalInt16:
		kernel.ZeroNulls(vector.Values[int16](v), v.Valid, out, count)
	case types.PhysicalInt32:
		kernel.ZeroNulls(vector.Values[int32](v), v.Valid, out, count)
	case types.PhysicalInt64:
		kernel.ZeroNulls(vector.Values[int64](v), v.Valid, out, count)
	case types.PhysicalFloat64:
		kernel.ZeroNulls(vector.Values[float64](v), v.Valid, out, count)
	default:
		for i := range v.Len {
			out[i], count[i] = 0, 0
			if v.Valid.Get(i) {
				count[i] = 1
			}
		}
	}
}

// safe reports whether sums of the chunk fit T.
func (p *passState[T]) safe(sel vector.Selection) bool {
	for c := range p.pass.columns {
		if p.bounded[c] {
			continue
		}
		if values, ok := any(p.columns[c]).([]int64); ok && kernel.Magnitude(values, sel) > safeMagnitude {
			return false
		}
	}
	return true
}

// fold adds the chunk's accumulators to the states.
func (p *passState[T]) fold(base []byte, stride, groups int) {
	for g := range groups {
		rows := p.rows(g)
		if rows == 0 {
			continue
		}
		row := unsafe.Pointer(&base[g*stride])
		for i, a := range p.members {
			at := unsafe.Add(row, a.Offset)
			count := rows
			if c := p.column[i]; c >= 0 && p.counts[c] < len(p.columns) {
				count = p.sum(g, groups, p.counts[c])
			}
			if a.Aggregate.Kernel.Kind == expr.CountAggregate {
				*(*int64)(at) += int64(count)
				continue
			}
			switch sum := any(p.sum(g, groups, p.column[i])).(type) {
			case int64:
				kernel.AddInt128(at, types.Int128From(sum), sumSize(a))
				*(*int64)(unsafe.Add(at, sumSize(a))) += int64(count)
			case float64:
				*(*float64)(at) += sum
				*(*int64)(unsafe.Add(at, 8)) += int64(count)
			}
		}
	}
}

// direct updates the states row by row, for many groups or large values.
func (p *passState[T]) direct(sel vector.Selection, base []byte, stride int, grouped bool) {
	m := p.m
	groups := m.groups
	if !grouped {
		if len(m.groups) < m.room {
			m.groups = make([]uint32, m.room)
		}
		groups = m.groups
		clear(groups)
	}
	rows := len(p.columns)
	var targets []kernel.SumTarget
	for i, a := range p.members {
		c := p.column[i]
		counted := c >= 0 && p.counts[c] != rows
		switch {
		case a.Aggregate.Kernel.Kind == expr.CountAggregate && !counted:
			kernel.CountToGroups(base, stride, a.Offset, groups, sel, m.n)
		case counted:
			p.directNullable(a, c, sel, base, stride, groups)
		default:
			targets = append(targets, kernel.SumTarget{Offset: a.Offset, Size: sumSize(a), Column: c})
		}
	}
	if len(targets) == 0 {
		return
	}
	switch columns := any(p.columns).(type) {
	case [][]int64:
		kernel.AddToGroups(base, stride, groups, columns, targets, sel, m.n)
	case [][]float64:
		kernel.AddFloatsToGroups(base, stride, groups, columns, targets, sel, m.n)
	}
}

// directNullable updates the states of one aggregate for its rows that are not null.
func (p *passState[T]) directNullable(a *accumulation, c int, sel vector.Selection, base []byte, stride int, groups []uint32) {
	v := p.m.flat(p.pass.columns[c].reg)
	if len(p.m.spare) < p.m.room {
		p.m.spare = make([]uint16, p.m.room)
	}
	valid := vector.Selection(p.m.spare[:kernel.SelectValid(v.Valid, 1, p.m.n, sel, p.m.spare)])
	if a.Aggregate.Kernel.Kind == expr.CountAggregate {
		kernel.CountToGroups(base, stride, a.Offset, groups, valid, p.m.n)
		return
	}
	target := []kernel.SumTarget{{Offset: a.Offset, Size: sumSize(a), Column: c}}
	switch columns := any(p.columns).(type) {
	case [][]int64:
		kernel.AddToGroups(base, stride, groups, columns, target, valid, p.m.n)
	case [][]float64:
		kernel.AddFloatsToGroups(base, stride, groups, columns, target, valid, p.m.n)
	}
}

// accumulateExtreme emits min or max of numbers in any width.
func (b *Builder) accumulateExtreme(a *accumulation, grouped bool) bool {
	kind := a.Aggregate.Kernel.Kind
	if kind != expr.MinAggregate && kind != expr.MaxAggregate || a.args[0].isLiteral() {
		return false
	}
	o := a.args[0]
	wide := a.Aggregate.Args[0].Type().Physical()
	bind := extremeBinder(o.phys, wide)
	if bind == nil {
		return false
	}
	name := "min"
	if kind == expr.MaxAggregate {
		name = "max"
	}
	b.emitStep(step{name: name, in: []operand{o}, sel: a.sel, detail: expr.SQL(a.Aggregate), fused: o.phys != wide,
		bind: bind(o, a.Offset, kind == expr.MaxAggregate, grouped)})
	return true
}

type extremeMaker func(o operand, offset int, largest, grouped bool) binder

func extremeBinder(narrow, wide types.Physical) extremeMaker {
	switch {
	case narrow == types.PhysicalFloat64 && wide == narrow:
		return bindExtreme[float64, float64]
	case narrow == types.PhysicalFloat32 && wide == narrow:
		return bindExtreme[float32, float32]
	case !narrow.IsInteger() || narrow == types.PhysicalInt128:
		return nil
	}
	switch wide {
	case types.PhysicalInt8:
		return perInteger[extremeMaker](narrow, bindExtreme[int8, int8], bindExtreme[int16, int8], bindExtreme[int32, int8], bindExtreme[int64, int8])
	case types.PhysicalInt16:
		return perInteger[extremeMaker](narrow, bindExtreme[int8, int16], bindExtreme[int16, int16], bindExtreme[int32, int16], bindExtreme[int64, int16])
	case types.PhysicalInt32:
		return perInteger[extremeMaker](narrow, bindExtreme[int8, int32], bindExtreme[int16, int32], bindExtreme[int32, int32], bindExtreme[int64, int32])
	case types.PhysicalInt64:
		return perInteger[extremeMaker](narrow, bindExtreme[int8, int64], bindExtreme[int16, int64], bindExtreme[int32, int64], bindExtreme[int64, int64])
	}
	return nil
}

func bindExtreme[A, W kernel.Number](o operand, offset int, largest, grouped bool) binder {
	return func(m *Machine, s *step) func() error {
		return func() error {
			base, stride := m.env.Groups.States()
			v := m.flat(o.reg)
			var groups []uint32
			if grouped {
				groups = m.groups
			}
			kernel.Extreme[A, W](vector.Values[A](v), largest, base, stride, offset, groups, v.Valid, m.sels[s.sel])
			return nil
		}
	}
}
