package kiln_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/exec/memory"
)

// fillingDisk is a file system that is full after so many writes and new files; limit is -1 for one that never is.
type fillingDisk struct {
	memory.FileSystem
	limit  int64
	writes atomic.Int64
	failed atomic.Bool
}

func (d *fillingDisk) write(name string) error {
	if n := d.writes.Add(1); d.limit >= 0 && n > d.limit {
		d.failed.Store(true)
		return &os.PathError{Op: "write", Path: name, Err: syscall.ENOSPC}
	}
	return nil
}

func (d *fillingDisk) Create(name string) (memory.File, error) {
	if err := d.write(name); err != nil {
		return nil, err
	}
	f, err := d.FileSystem.Create(name)
	return &fillingFile{f, d, name}, err
}

type fillingFile struct {
	memory.File
	disk *fillingDisk
	name string
}

func (f *fillingFile) Write(b []byte) (int, error) {
	if err := f.disk.write(f.name); err != nil {
		return 0, err
	}
	return f.File.Write(b)
}

// spillingStatements make each kind of operator that spills do so, in a memory of 2 MB.
var spillingStatements = map[string]string{
	"sort":           "SELECT max(x) FROM (SELECT id * 7919 % 400037 AS x, id AS y FROM range(150000) ORDER BY x LIMIT 140000)",
	"aggregate":      "SELECT count(*), sum(c) FROM (SELECT id * 7919 % 100003 AS k, count(*) AS c, max(id) AS m FROM range(120000) GROUP BY k)",
	"text":           "SELECT count(*), max(m) FROM (SELECT concat('some longer text of a key ', id % 60000) AS k, max(concat('some text ', id)) AS m FROM range(100000) GROUP BY k)",
	"distinct":       "SELECT count(*) FROM (SELECT DISTINCT id * 7919 % 100003 AS x, id % 3 AS y FROM range(120000))",
	"count distinct": "SELECT count(DISTINCT id * 3), count(DISTINCT id % 77777) FROM range(100000)",
	"inner join":     "SELECT count(*), sum(a.id) FROM range(100000) a JOIN (SELECT id * 3 AS k, id AS v, id + 1 AS w FROM range(100000)) b ON a.id = b.k WHERE b.v + b.w > 0",
	"full join":      "SELECT count(*), sum(a.id), sum(v) FROM range(60000) a FULL JOIN (SELECT id * 3 AS k, id AS v FROM range(100000)) b ON a.id = b.k",
	"anti join":      "SELECT count(*) FROM range(100000) a WHERE NOT EXISTS (SELECT 1 FROM (SELECT id * 2 AS k, id AS v, id + 1 AS w FROM range(100000)) b WHERE b.k = a.id AND b.v + b.w <> a.id + 1)",
	"set operation":  "SELECT count(*) FROM (SELECT id FROM range(100000) EXCEPT ALL SELECT id * 2 FROM range(80000))",
	"common table":   "WITH c AS (SELECT id, id * 7 % 100003 AS m, concat('text ', id) AS s FROM range(100000)) SELECT count(*), max(a.s) FROM c a JOIN (SELECT m, count(*) AS n FROM c GROUP BY m HAVING count(*) > 0 LIMIT 50) b ON a.id = b.m",
	"repartition":    "SELECT count(*), sum(id - y) FROM (SELECT /*+ REPARTITION(5, id) */ id, id + 1 AS y FROM range(300000))",
	"cache":          "CACHE TABLE kept OPTIONS ('storageLevel' 'DISK_ONLY') AS SELECT id, id + 1 AS y FROM range(100000)",
}

// TestFullDiskAtEachWrite fills the disk at one write of each statement after the other.
func TestFullDiskAtEachWrite(t *testing.T) {
	for name, sql := range spillingStatements {
		t.Run(name, func(t *testing.T) {
			want, all := runOnFillingDisk(t, sql, -1)
			if all.writes.Load() == 0 {
				t.Fatal("nothing is spilled")
			}
			t.Log(all.writes.Load(), "writes")
			failures := 0
			for _, n := range writesToFail(all.writes.Load()) {
				got, disk := runOnFillingDisk(t, sql, n)
				switch {
				case got == "error SPILL_FAILED" && disk.failed.Load():
					failures++
				case got != want: // who asked for the memory may go on without it
					t.Fatalf("write %d of %d (failed: %t): %s, want %s", n, all.writes.Load(), disk.failed.Load(), got, want)
				}
			}
			if failures == 0 {
				t.Error("no run failed")
			}
		})
	}
}

// writesToFail are the first writes of so many, some in between, and the last: in all of these a different part of an
// operator is at work.
func writesToFail(writes int64) (out []int64) {
	for n := int64(0); n < writes-2; n += 1 + n/2 {
		out = append(out, n)
	}
	return append(out, max(writes-2, 0), writes-1)
}

// runOnFillingDisk runs a statement, then checks that the session goes on and leaves nothing behind.
func runOnFillingDisk(t *testing.T, sql string, limit int64) (string, *fillingDisk) {
	t.Helper()
	dir := t.TempDir()
	disk := &fillingDisk{FileSystem: memory.SystemFiles(), limit: limit}
	c := kiln.NewConfig().WithoutDefaults().With("kiln.memory.limit", "2m").With("kiln.memory.query.minimum", "1m").With("kiln.spill.directory", dir)
	s, err := kiln.OpenWithSpillFiles(c, disk)
	if err != nil {
		t.Fatal(err)
	}
	var got string
	rows, err := s.SQL(sql).Collect(context.Background())
	switch {
	case err == nil && len(rows) > 0:
		got = rows[0].String()
	case err != nil:
		got = "error " + diag.ConditionOf(err)
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), dir) || strings.Count(err.Error(), "no space left") != 1 {
			t.Errorf("not one clear error: %v", err)
		}
	}
	if rows, err := s.SQL("SELECT sum(id) FROM range(100)").Collect(context.Background()); err != nil || rows[0].String() != "[4950]" {
		t.Errorf("the session does not go on: %v %v", rows, err)
	}
	if files := spillFiles(dir); len(files) > 0 && !strings.HasPrefix(sql, "CACHE") {
		t.Errorf("left behind: %v", files)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind by the session: %v", left)
	}
	return got, disk
}

// spillFiles lists the files of queries below a spill directory.
func spillFiles(dir string) []string {
	var out []string
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != "lock" {
			out = append(out, path)
		}
		return nil
	})
	return out
}
