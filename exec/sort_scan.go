package exec

import (
	"context"
	"slices"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/exec/memory"
	"github.com/kilnql/kiln/vector"
)

// sortedMorsel is the number of rows of one morsel of sorted rows.
const sortedMorsel = 16 * vector.ChunkSize

// sortedScan reads a sorted run that is in memory; morsels can be read at once.
type sortedScan struct {
	run     *sortRun
	most    int // rows of a chunk: few if they are long, for all who come after hold a chunk of them
	morsels []source.Morsel
}

// longChunk is the number of bytes that a chunk of long sorted rows takes at most, if the memory limit allows that much.
const longChunk = 8 << 20

func newSortedScan(spec SortSpec, run *sortRun, q *Query) *sortedScan {
	each := run.store.Bytes()/int64(max(1, run.store.Len)) + 1
	s := &sortedScan{run: run, most: max(rowsPerLook, int(min(vector.ChunkSize, min(longChunk, q.runtime.memory.Limit()/chunkShare)/each)))}
	partition, sequence, last := int32(0), int32(0), uint32(0)
	for start := 0; start < len(run.entries); {
		end := min(start+sortedMorsel, len(run.entries))
		if !spec.Global {
			entries := run.entries[start:end]
			end = start + run.samePartition(entries)
			of := partitionOfKey(run.keyOf(&entries[0]))
			if start > 0 && of != last {
				partition, sequence = partition+1, 0
			}
			last = of
		}
		s.morsels = append(s.morsels, source.Morsel{Partition: partition, Sequence: sequence, Rows: int64(end - start), Handle: start})
		sequence++
		start = end
	}
	return s
}

func (s *sortedScan) Morsels() []source.Morsel { return s.morsels }
func (s *sortedScan) Detail() [][2]string      { return nil }
func (s *sortedScan) NewReader() (source.Reader, error) {
	return &sortedReader{run: s.run, most: s.most}, nil
}

type sortedReader struct {
	run     *sortRun
	most    int
	at, end int
	rows    []int32
}

func (r *sortedReader) Open(_ context.Context, m source.Morsel) error {
	r.at = m.Handle.(int)
	r.end = r.at + int(m.Rows)
	return nil
}

func (r *sortedReader) Next() (int, error) {
	r.rows = r.rows[:0]
	for ; r.at < r.end && len(r.rows) < r.most; r.at++ {
		r.rows = append(r.rows, r.run.entries[r.at].row)
	}
	return len(r.rows), nil
}

func (r *sortedReader) Load(c int, sel vector.Selection, v *vector.Vector) error {
	vector.Gather(r.run.store.Columns[c], r.rows, sel, len(r.rows), v)
	return nil
}

func (r *sortedReader) BytesRead() int64 { return 0 }
func (r *sortedReader) Close() error     { return nil }

// mergeScan merges runs on disk while it is read: each partition by one reader.
type mergeScan struct {
	spec    SortSpec
	runs    []spilledRun
	query   *Query
	morsels []source.Morsel
}

func newMergeScan(spec SortSpec, runs []spilledRun, q *Query) *mergeScan {
	s := &mergeScan{spec: spec, runs: runs, query: q}
	if spec.Global {
		s.morsels = []source.Morsel{{Rows: -1}}
		return s
	}
	var partitions []uint32
	for _, r := range runs {
		partitions = append(partitions, slices.Compact(slices.Clone(r.partitions))...)
	}
	slices.Sort(partitions)
	for i, p := range slices.Compact(partitions) {
		s.morsels = append(s.morsels, source.Morsel{Partition: int32(i), Rows: -1, Handle: p})
	}
	return s
}

func (s *mergeScan) Morsels() []source.Morsel { return s.morsels }
func (s *mergeScan) Detail() [][2]string      { return nil }
func (s *mergeScan) NewReader() (source.Reader, error) {
	return &mergeReader{scan: s, memory: s.query.Reserve("sort merge", nil)}, nil
}

type mergeReader struct {
	scan   *mergeScan
	memory *memory.Reservation
	heap   mergeHeap
	chunk  *vector.Store
}

// Open starts all runs that have rows of the morsel. A reader may be opened again: for the next partition, or because a join of
// several passes reads its source from the start.
func (r *mergeReader) Open(_ context.Context, m source.Morsel) error {
	r.memory.Shrink(r.memory.Size())
	runs := r.scan.runs
	if !r.scan.spec.Global {
		runs = make([]spilledRun, len(r.scan.runs))
		for i, run := range r.scan.runs {
			runs[i] = run.of(m.Handle.(uint32))
		}
	}
	for _, run := range runs {
		if len(run.frames) > 0 {
			if err := r.memory.Grow(int64(run.frames[0].Raw) * 2); err != nil {
				return err
			}
		}
	}
	var err error
	r.heap, err = openRuns(runs, r.scan.spec)
	return err
}

// Next gives fewer rows than a chunk may hold if they are long: all who come after hold a chunk of them.
func (r *mergeReader) Next() (int, error) {
	r.chunk = vector.NewStore(r.scan.spec.payload())
	one := make(vector.Selection, 1)
	most := r.scan.query.runtime.memory.Limit() / chunkShare
	for r.chunk.Len < vector.ChunkSize && len(r.heap) > 0 {
		if n := r.chunk.Len; n > 0 && n%rowsPerLook == 0 && r.chunk.Bytes() > most {
			break
		}
		top := r.heap[0]
		one[0] = uint16(top.at)
		r.chunk.Append(top.columns, one, len(top.keys))
		if err := r.heap.next(); err != nil {
			return 0, err
		}
	}
	return r.chunk.Len, nil
}

func (r *mergeReader) Load(c int, _ vector.Selection, v *vector.Vector) error {
	*v = *r.chunk.Columns[c].Slice(0, r.chunk.Len)
	return nil
}

func (r *mergeReader) BytesRead() int64 { return 0 }

func (r *mergeReader) Close() error {
	r.memory.Close()
	return nil
}
