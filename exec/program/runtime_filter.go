package program

import (
	"fmt"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// RuntimeFilter drops rows that a filter learned while the query runs rules out. It is only a help: the instruction
// switches itself off where it passes nearly all rows.
func (b *Builder) RuntimeFilter(id expr.ColumnID, f *vector.RuntimeFilter) {
	c, ok := b.columns[id]
	if !ok {
		panic(fmt.Sprintf("program: run-time filter on column %d, which is not defined", id))
	}
	o := b.value(c.value, b.main)
	if o.isLiteral() {
		return
	}
	b.setMain(b.selectionStep(step{name: "runtime_filter", in: []operand{o}, bind: func(m *Machine, s *step) func() error {
		r := &runtimeFilter{filter: f}
		return func() error { return r.run(m, s) }
	}}, b.main))
}

// runtimeFilter is a run-time filter in one machine.
type runtimeFilter struct {
	filter  *vector.RuntimeFilter
	seen    *vector.FilterState // the state that the figures are about
	in, out int64
	pause   int // chunks to let pass untested
	memo    dictionarySelection
}

const (
	// judgeAfter is the number of rows after which a filter that drops too little pauses, for pauseChunks chunks.
	judgeAfter  = 1 << 15
	pauseChunks = 64
	// usefulDrop: a filter is worth its test if it drops at least one row in so many.
	usefulDrop = 20
)

func (r *runtimeFilter) run(m *Machine, s *step) error {
	state := r.filter.Load()
	if state == nil {
		m.sels[s.outSel] = m.sels[s.sel]
		return nil
	}
	if state != r.seen {
		r.seen, r.in, r.out, r.pause = state, 0, 0, 0
		r.memo = dictionarySelection{}
	}
	if r.pause > 0 {
		r.pause--
		m.sels[s.outSel] = m.sels[s.sel]
		return nil
	}
	if err := r.test(m, s, state); err != nil {
		return err
	}
	r.in += int64(m.sels[s.sel].Rows(m.n))
	r.out += int64(m.sels[s.outSel].Rows(m.n))
	if r.in > judgeAfter {
		if (r.in-r.out)*usefulDrop < r.in {
			r.pause = pauseChunks
		}
		r.in, r.out = 0, 0
	}
	return nil
}

func (r *runtimeFilter) test(m *Machine, s *step, state *vector.FilterState) error {
	if state.None {
		m.sels[s.outSel] = noRows
		return nil
	}
	v := m.vector(s.in[0].reg)
	test := func(values *vector.Vector, in vector.Selection, out []uint16) int {
		return selectByState(values, state, in, out)
	}
	if v.Encoding == vector.Dictionary && m.p.options.DictionaryEvaluation && !state.KeepNulls {
		return r.memo.run(m, s, v, test)
	}
	m.setSelection(s.outSel, s.sel, test(m.flat(s.in[0].reg), m.sels[s.sel], m.selectionBuffer(s.outSel)))
	return nil
}

// selectByState selects the rows of a flat vector that pass.
func selectByState(v *vector.Vector, state *vector.FilterState, in vector.Selection, out []uint16) int {
	switch v.Physical {
	case types.PhysicalInt8:
		return selectIntegersByState(vector.Values[int8](v), v.Valid, state, in, out)
	case types.PhysicalInt16:
		return selectIntegersByState(vector.Values[int16](v), v.Valid, state, in, out)
	case types.PhysicalInt32:
		return selectIntegersByState(vector.Values[int32](v), v.Valid, state, in, out)
	case types.PhysicalInt64:
		return selectIntegersByState(vector.Values[int64](v), v.Valid, state, in, out)
	case types.PhysicalString:
		if state.Bloom != nil {
			return selectNullable(v.Len, v.Valid, state.KeepNulls, in, out, func(i int) bool { return state.Bloom.Has(vector.HashBytes(v.StringAt(i))) })
		}
	}
	return copyRows(v.Len, in, out)
}

func copyRows(n int, in vector.Selection, out []uint16) int {
	if in != nil {
		return copy(out, in)
	}
	for i := range n {
		out[i] = uint16(i)
	}
	return n
}

func selectIntegersByState[T kernel.Integer](values []T, valid vector.Bitmap, state *vector.FilterState, in vector.Selection, out []uint16) int {
	if state.HasRange && state.Bits == nil && state.Bloom == nil && !state.KeepNulls {
		return kernel.SelectRange(values, state.Min, state.Max, false, valid, in, out)
	}
	lo, width, bits, bloom := state.Min, uint64(state.Max)-uint64(state.Min), state.Bits, state.Bloom
	if state.HasRange && bits != nil && valid == nil {
		return selectByBits(values, lo, width, bits, in, out)
	}
	return selectNullable(len(values), valid, state.KeepNulls, in, out, func(i int) bool {
		v := int64(values[i])
		if state.HasRange {
			d := uint64(v) - uint64(lo)
			if d > width || bits != nil && !bits.Get(int(d)) {
				return false
			}
		}
		return bloom == nil || bloom.Has(vector.Hash64(uint64(v)))
	})
}

// selectByBits tests values by a bitmap, without a branch on the result.
func selectByBits[T kernel.Integer](values []T, lo int64, width uint64, bits vector.Bitmap, in vector.Selection, out []uint16) int {
	k := 0
	if in == nil {
		out = out[:len(values)]
		for i, v := range values {
			out[k] = uint16(i)
			if d := uint64(int64(v)) - uint64(lo); d <= width {
				k += int(bits[d>>6] >> (d & 63) & 1)
			}
		}
		return k
	}
	for _, i := range in {
		out[k] = i
		if d := uint64(int64(values[i])) - uint64(lo); d <= width {
			k += int(bits[d>>6] >> (d & 63) & 1)
		}
	}
	return k
}

func selectNullable(n int, valid vector.Bitmap, keepNulls bool, in vector.Selection, out []uint16, test func(i int) bool) int {
	k := 0
	one := func(i int) {
		if valid != nil && !valid.Get(i) {
			if keepNulls {
				out[k] = uint16(i)
				k++
			}
			return
		}
		if test(i) {
			out[k] = uint16(i)
			k++
		}
	}
	if in == nil {
		for i := range n {
			one(i)
		}
		return k
	}
	for _, i := range in {
		one(int(i))
	}
	return k
}
