package exec

import (
	"errors"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/exec/memory"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// fullDisk is a file system whose nth write, and all after it, fail.
type fullDisk struct {
	memory.FileSystem
	left   atomic.Int64
	failed atomic.Bool
}

type fullFile struct {
	memory.File
	disk *fullDisk
}

func (d *fullDisk) Create(name string) (memory.File, error) {
	f, err := d.FileSystem.Create(name)
	return &fullFile{f, d}, err
}

func (f *fullFile) Write(b []byte) (int, error) {
	if f.disk.left.Add(-1) < 0 {
		f.disk.failed.Store(true)
		return 0, &os.PathError{Op: "write", Path: "spill", Err: syscall.ENOSPC}
	}
	return f.File.Write(b)
}

// onFullDisk runs an operator that spills with the disk full from each of its writes on, and checks that each run ends
// in one clear error with nothing left behind.
func onFullDisk(t *testing.T, limit int64, stage func() *Stage) {
	t.Helper()
	failures := 0
	for n := int64(0); n < 2000; n = n*3/2 + 1 {
		dir := t.TempDir()
		disk := &fullDisk{FileSystem: memory.SystemFiles()}
		disk.left.Store(n)
		rt := NewRuntime(Options{Workers: 2, MemoryLimit: limit, SpillDir: dir, Files: disk})
		q, err := rt.Start(t.Context(), "q", []*Stage{stage()})
		if err != nil {
			t.Fatal(err)
		}
		err = q.Wait()
		switch {
		case err == nil && disk.failed.Load():
			t.Errorf("write %d failed and nobody said so", n)
		case err != nil && (diag.ConditionOf(err) != "SPILL_FAILED" || !errors.Is(err, syscall.ENOSPC)):
			t.Errorf("write %d: %v", n, err)
		case err != nil:
			failures++
		}
		q.Close()
		if rt.Memory().Used() != 0 || rt.Spill().Bytes() != 0 {
			t.Errorf("write %d: %d bytes of memory and %d of files are left", n, rt.Memory().Used(), rt.Spill().Bytes())
		}
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("write %d: left behind: %v", n, left)
		}
	}
	if failures < 3 {
		t.Errorf("%d runs failed", failures)
	}
}

func TestMaterializeOnFullDisk(t *testing.T) {
	onFullDisk(t, 2<<20, func() *Stage {
		return &Stage{ID: 1, Source: numbers(t, 1_000_000, 3), Columns: longLayout, Sink: NewMaterialize(longLayout)}
	})
}

func TestAggregateOnFullDisk(t *testing.T) {
	c := groupCase{keys: []program.Input{longKey("k", false)}, rows: 100_000, groups: 100_000, fill: fillLong}
	scan, layout, _ := c.table(rand.New(rand.NewPCG(1, 2)))
	onFullDisk(t, 2<<20, func() *Stage {
		sink := drivenSum{drivenAggregate{NewAggregate(AggregateSpec{Keys: c.keys, Aggregates: []*expr.Aggregate{call("sum", sumKernel)}, StateSize: 16})}}
		return &Stage{ID: 1, Source: scan, Columns: layout, Sink: sink}
	})
}

func TestSortOnFullDisk(t *testing.T) {
	onFullDisk(t, 2<<20, func() *Stage {
		return &Stage{ID: 1, Source: numbers(t, 500_000, 3), Columns: longLayout, Sink: NewSort(SortSpec{Layout: longLayout, Keys: []SortKey{{Descending: true}}})}
	})
}

// TestAggregateOfEightTimesTheLimit groups eight times as many bytes as there is memory.
func TestAggregateOfEightTimesTheLimit(t *testing.T) {
	const limit, rows = 2 << 20, 1_000_000
	c := groupCase{keys: []program.Input{longKey("k", false)}, rows: rows, groups: rows, fill: fillLong}
	scan, layout, want := c.table(rand.New(rand.NewPCG(1, 2)))
	rt := newTestRuntime(t, 2, limit)
	sink := drivenSum{drivenAggregate{NewAggregate(AggregateSpec{Keys: c.keys, Aggregates: []*expr.Aggregate{call("sum", sumKernel)}, StateSize: 16})}}
	count := &countSink{}
	first := &Stage{ID: 1, Source: scan, Columns: layout, Sink: sink}
	out := append(layout[:1:1], longLayout[0])
	second := &Stage{ID: 2, Open: openOutput(sink), Columns: out, Sink: count, After: []*Stage{first}}
	q, err := rt.Start(t.Context(), "q", []*Stage{first, second})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if err := q.Wait(); err != nil {
		t.Fatal(err)
	}
	if count.rows.Load() != int64(len(want)) {
		t.Errorf("%d groups, want %d", count.rows.Load(), len(want))
	}
	if q.Profile().SpilledBytes() == 0 || rt.Memory().Peak() > limit*5/4 {
		t.Errorf("spilled %d, peak %d", q.Profile().SpilledBytes(), rt.Memory().Peak())
	}
}

// TestStateThatCannotSpill names the function whose state has no form on disk.
func TestStateThatCannotSpill(t *testing.T) {
	kernel := *setKernel
	kernel.Encode = nil
	c := groupCase{keys: []program.Input{key(types.LongType, false)}, rows: 100_000, groups: 100_000, fill: fillLong}
	scan, layout, _ := c.table(rand.New(rand.NewPCG(1, 2)))
	rt := newTestRuntime(t, 2, 3<<20)
	sink := drivenAggregate{NewAggregate(AggregateSpec{Keys: c.keys, Aggregates: []*expr.Aggregate{call("my_state", &kernel)}, StateSize: 8})}
	q, err := rt.Start(t.Context(), "q", []*Stage{{ID: 1, Source: scan, Columns: layout, Sink: sink}})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if err := q.Wait(); diag.ConditionOf(err) != "OUT_OF_MEMORY" || !containsText(err, "my_state") {
		t.Error(err)
	}
}
