package program

import (
	"github.com/kilnql/kiln/vector"
)

// dictionarySelection keeps what a predicate said of each entry of the last dictionaries, so that rows are tested by their codes.
type dictionarySelection struct {
	byID map[uint64][]uint8
	rows []uint16
}

// dictionaryTest selects those rows of in (nil: all) that pass.
type dictionaryTest func(values *vector.Vector, in vector.Selection, out []uint16) int

// maxKeptDictionaries bounds what an instruction remembers; a scan shows one dictionary for each row group.
const maxKeptDictionaries = 16

// maxDictionaryEvaluation is the size up to which all entries of a dictionary are evaluated at once. Beyond it, a
// dictionary has more entries than selections have numbers, and most entries would be evaluated for nothing.
const maxDictionaryEvaluation = 1 << 15

// run selects the rows of v, a dictionary vector, whose entry test picks.
func (d *dictionarySelection) run(m *Machine, s *step, v *vector.Vector, test dictionaryTest) error {
	entries := v.Dict.Values.Len
	if entries > maxDictionaryEvaluation {
		k := test(m.flat(s.in[0].reg), m.sels[s.sel], m.selectionBuffer(s.outSel))
		m.setSelection(s.outSel, s.sel, k)
		return nil
	}
	pass, ok := d.byID[v.Dict.ID]
	if !ok {
		pass = d.learn(v.Dict, entries, test)
	}
	out := m.selectionBuffer(s.outSel)
	m.setSelection(s.outSel, s.sel, selectByCode(v.Codes(), pass, v.Valid, m.sels[s.sel], out))
	return nil
}

func (d *dictionarySelection) learn(dict *vector.Dict, entries int, test dictionaryTest) []uint8 {
	if len(d.byID) >= maxKeptDictionaries || d.byID == nil {
		d.byID = map[uint64][]uint8{}
	}
	if len(d.rows) < entries {
		d.rows = make([]uint16, entries)
	}
	pass := make([]uint8, entries)
	for _, e := range d.rows[:test(dict.Values, nil, d.rows)] {
		pass[e] = 1
	}
	d.byID[dict.ID] = pass
	return pass
}

// selectByCode selects rows whose code's entry passes. Codes of unselected rows may be anything.
func selectByCode(codes []int32, pass []uint8, valid vector.Bitmap, in vector.Selection, out []uint16) int {
	k := 0
	if in == nil {
		out = out[:len(codes)]
		for i, c := range codes {
			out[k] = uint16(i)
			if uint(c) < uint(len(pass)) && (valid == nil || valid.Get(i)) {
				k += int(pass[c])
			}
		}
		return k
	}
	for _, i := range in {
		out[k] = i
		if valid == nil || valid.Get(int(i)) {
			k += int(pass[codes[i]])
		}
	}
	return k
}
