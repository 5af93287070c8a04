package exec

import (
	"slices"

	"github.com/kilnql/kiln/vector"
)

// dictionaryCache remembers which group each combination of dictionary codes belongs to, so that keys are looked up once
// for a dictionary and not once for a row.
type dictionaryCache struct {
	ids        []uint64 // of the dictionaries
	sizes      []int
	groups     []uint32 // of each combination: group + 1; 0: not known
	generation int      // of the local, and version of the table, when groups were noted
	version    int
	codes      []uint32 // of the chunk's rows
	first      []uint16 // a row for each combination that is not known yet
	found      []uint32
}

// maxCombinations is the number of combinations of codes up to which they are remembered.
const maxCombinations = 32 << 10

// find looks groups up by codes if every key is a dictionary and they are small; done is false otherwise.
func (d *dictionaryCache) find(l *aggregateLocal, keys []*vector.Vector, sel vector.Selection, n int, rows []uint32) (done bool, err error) {
	if !d.prepare(l, keys) {
		return false, nil
	}
	d.combine(keys, n)
	for {
		d.unknown(sel, n)
		if len(d.first) > 0 {
			if err := d.learn(l, keys, n); err != nil {
				return false, err
			}
			if d.stale(l) { // the table grew or was emptied meanwhile
				d.forget(l)
				continue
			}
		}
		break
	}
	groups, codes := d.groups, d.codes
	if sel == nil {
		rows = rows[:len(codes)]
		for i, c := range codes {
			rows[i] = groups[c] - 1
		}
		return true, nil
	}
	for _, i := range sel {
		rows[i] = groups[codes[i]] - 1
	}
	return true, nil
}

// prepare makes the cache fit the keys' dictionaries.
func (d *dictionaryCache) prepare(l *aggregateLocal, keys []*vector.Vector) bool {
	size := 1
	same := len(d.ids) == len(keys)
	for i, k := range keys {
		if k.Encoding != vector.Dictionary {
			return false
		}
		if size *= k.Dict.Values.Len + 1; size > maxCombinations {
			return false
		}
		same = same && d.ids[i] == k.Dict.ID
	}
	if same && !d.stale(l) {
		return true
	}
	if !same {
		d.ids, d.sizes = d.ids[:0], d.sizes[:0]
		for _, k := range keys {
			d.ids = append(d.ids, k.Dict.ID)
			d.sizes = append(d.sizes, k.Dict.Values.Len+1)
		}
		d.groups = slices.Grow(d.groups[:0], size)[:size]
	}
	d.forget(l)
	return true
}

func (d *dictionaryCache) stale(l *aggregateLocal) bool {
	return d.generation != l.generation+l.groups.widened || d.version != l.groups.table.version()
}

func (d *dictionaryCache) forget(l *aggregateLocal) {
	clear(d.groups)
	d.generation, d.version = l.generation+l.groups.widened, l.groups.table.version()
}

// combine computes the combination of each row. The last code of a dictionary stands for null.
func (d *dictionaryCache) combine(keys []*vector.Vector, n int) {
	d.codes = ensure(d.codes, n)[:n]
	for i, k := range keys {
		size := uint32(d.sizes[i])
		codes := k.Codes()[:n]
		out := d.codes[:len(codes)]
		switch {
		case k.Valid != nil:
			for r, c := range codes {
				if !k.Valid.Get(r) {
					c = int32(size - 1)
				}
				if i == 0 {
					out[r] = uint32(c)
				} else {
					out[r] = out[r]*size + uint32(c)
				}
			}
		case i == 0:
			for r, c := range codes {
				out[r] = uint32(c)
			}
		default:
			for r, c := range codes {
				out[r] = out[r]*size + uint32(c)
			}
		}
	}
}

// unknown collects one row for each combination without a group.
func (d *dictionaryCache) unknown(sel vector.Selection, n int) {
	d.first = d.first[:0]
	const pending = ^uint32(0)
	note := func(i int) {
		if c := d.codes[i]; d.groups[c] == 0 {
			d.groups[c] = pending
			d.first = append(d.first, uint16(i))
		}
	}
	if sel == nil {
		for i := range n {
			note(i)
		}
		return
	}
	for _, i := range sel {
		note(int(i))
	}
}

// learn looks the combinations up that have no group yet.
func (d *dictionaryCache) learn(l *aggregateLocal, keys []*vector.Vector, n int) error {
	d.found = ensure(d.found, n)
	if err := l.find(keys, d.first, n, d.found); err != nil {
		return err
	}
	for _, i := range d.first {
		d.groups[d.codes[i]] = d.found[i] + 1
	}
	return nil
}
