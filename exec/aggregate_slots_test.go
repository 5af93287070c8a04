package exec

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// slotKeys are n keys of one word, each one of a number of groups.
func slotKeys(n, groups int) []uint64 {
	r := rand.New(rand.NewPCG(1, 2))
	keys := make([]uint64, n)
	for i := range keys {
		keys[i] = uint64(r.IntN(groups)) * 7_000_000_007
	}
	return keys
}

// testSlots makes an empty table for one or two bigint keys that may always grow.
func testSlots(words int) *slotTable {
	keys := make([]program.Input, words)
	for i := range keys {
		keys[i] = program.Input{Type: types.LongType, Physical: types.PhysicalInt64}
	}
	return newSlotTable(newKeyPacker(keys), 16, vector.Hash64(5)|1, 0, func(int64) bool { return true })
}

// mostOf is every row of a chunk but one of eight.
func mostOf() vector.Selection {
	var sel vector.Selection
	for i := range vector.ChunkSize {
		if i%8 != 3 {
			sel = append(sel, uint16(i))
		}
	}
	return sel
}

// TestSlotsAgree finds the groups of the same keys by the loops for keys of one word, with and without a selection, and of two. It
// compares which rows are of one group, while the tables grow, with what a map says.
func TestSlotsAgree(t *testing.T) {
	all, most := upToRow(vector.ChunkSize), mostOf()
	everyRow := make(vector.Selection, len(all))
	for i := range everyRow {
		everyRow[i] = uint16(i)
	}
	loops := []struct {
		name  string
		words int
		sel   vector.Selection
		find  func(s *slotTable, keys, other, hashes []uint64, sel vector.Selection, rows []uint32) bool
	}{
		{"one word", 1, nil, func(s *slotTable, keys, _, _ []uint64, _ vector.Selection, rows []uint32) bool {
			return s.find8(keys, rows)
		}},
		{"one word, all rows selected", 1, everyRow, func(s *slotTable, keys, _, _ []uint64, sel vector.Selection, rows []uint32) bool {
			return s.find8Selected(keys, sel, rows)
		}},
		{"one word, most rows", 1, most, func(s *slotTable, keys, _, _ []uint64, sel vector.Selection, rows []uint32) bool {
			return s.find8Selected(keys, sel, rows)
		}},
		{"two words", 2, nil, (*slotTable).find16},
		{"two words, all rows selected", 2, everyRow, (*slotTable).find16},
		{"two words, most rows", 2, most, (*slotTable).find16},
	}
	for _, groups := range []int{1, 100, 30_000, 400_000} {
		keys := slotKeys(150*vector.ChunkSize, groups)
		keys[5], keys[vector.ChunkSize] = keyMix, keyMix // the key that is stored as zero
		for _, l := range loops {
			s := testSlots(l.words)
			numbers := map[uint64]uint32{} // of the groups, in the present table
			owners := map[uint32]uint64{}
			version := s.version()
			rows, hashes := make([]uint32, vector.ChunkSize), make([]uint64, vector.ChunkSize)
			other := make([]uint64, vector.ChunkSize)
			seen := map[uint64]bool{}
			for at := 0; at < len(keys); at += vector.ChunkSize {
				chunk := keys[at:][:vector.ChunkSize]
				hashWide(chunk, other, hashes)
				for !l.find(s, chunk, other, hashes, l.sel, rows) {
					if !s.grow() {
						t.Fatal("memory was refused")
					}
				}
				if s.version() != version { // groups have other numbers
					version = s.version()
					clear(numbers)
					clear(owners)
				}
				for j := range l.sel.Rows(vector.ChunkSize) {
					i := j
					if l.sel != nil {
						i = int(l.sel[j])
					}
					k, row := chunk[i], rows[i]
					seen[k] = true
					if n, ok := numbers[k]; ok && n != row {
						t.Fatalf("%s, %d groups: key %d is in groups %d and %d", l.name, groups, k, n, row)
					}
					if o, ok := owners[row]; ok && o != k {
						t.Fatalf("%s, %d groups: group %d is of keys %d and %d", l.name, groups, row, o, k)
					}
					numbers[k], owners[row] = row, k
				}
			}
			if s.count() != len(seen) {
				t.Errorf("%s, %d groups: the table counts %d, want %d", l.name, groups, s.count(), len(seen))
			}
		}
	}
}

// BenchmarkSlots finds the groups of bigint keys that are all in the table: without a selection, with one, and of two words.
func BenchmarkSlots(b *testing.B) {
	const chunks = 200
	for _, groups := range []int{100, 10_000, 1_000_000} {
		keys := slotKeys(chunks*vector.ChunkSize, groups)
		other, hashes := make([]uint64, len(keys)), make([]uint64, len(keys))
		for i, k := range keys {
			other[i] = k / 3
		}
		hashWide(keys, other, hashes)
		rows, most := make([]uint32, vector.ChunkSize), mostOf()
		for _, c := range []struct {
			name  string
			words int
			sel   vector.Selection
			find  func(s *slotTable, from, to int) bool
		}{
			{"one word", 1, nil, func(s *slotTable, from, to int) bool { return s.find8(keys[from:to], rows) }},
			{"one word selected", 1, most, func(s *slotTable, from, to int) bool { return s.find8Selected(keys[from:to], most, rows) }},
			{"two words", 2, nil, func(s *slotTable, from, to int) bool {
				return s.find16(keys[from:to], other[from:to], hashes[from:to], nil, rows)
			}},
			{"two words selected", 2, most, func(s *slotTable, from, to int) bool {
				return s.find16(keys[from:to], other[from:to], hashes[from:to], most, rows)
			}},
		} {
			b.Run(fmt.Sprintf("%s/%d", c.name, groups), func(b *testing.B) {
				s := testSlots(c.words)
				s.room(groups)
				for b.Loop() {
					for at := 0; at < len(keys); at += vector.ChunkSize {
						if !c.find(s, at, at+vector.ChunkSize) {
							b.Fatal("the table is full")
						}
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(chunks*c.sel.Rows(vector.ChunkSize)), "ns/row")
			})
		}
	}
}
