package memory

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/kilnql/kiln/diag"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// spiller is a consumer that frees what it is asked for, or is busy.
type spiller struct {
	r     *Reservation
	busy  bool
	fails error
	calls int
}

func (s *spiller) Spill(need int64) (int64, error) {
	s.calls++
	if s.busy || s.fails != nil {
		return 0, s.fails
	}
	n := s.r.Size()
	s.r.Shrink(n)
	return n, nil
}

func TestReservations(t *testing.T) {
	m := NewManager(1000 << 10)
	q, err := m.NewQuery("a", 10<<10)
	if err != nil {
		t.Fatal(err)
	}
	small, large := &spiller{}, &spiller{}
	small.r, large.r = q.Reserve("small", small), q.Reserve("large", large)
	mine := q.Reserve("mine", nil)
	if !small.r.TryGrow(200<<10) || !large.r.TryGrow(600<<10) || !mine.TryGrow(100<<10) {
		t.Fatal("there was room")
	}
	if !mine.TryGrow(300 << 10) {
		t.Fatal("the largest consumer should have been spilled")
	}
	if large.calls != 1 || small.calls != 0 || large.r.Size() != 0 {
		t.Errorf("largest first: %d, %d calls", large.calls, small.calls)
	}
	small.busy = true
	if mine.TryGrow(500 << 10) {
		t.Fatal("past the limit")
	}
	if p := small.r.Pressure(); p != 100<<10 {
		t.Errorf("pressure %d", p)
	}
	small.r.Shrink(150 << 10)
	if p := small.r.Pressure(); p != 0 {
		t.Errorf("pressure after shrinking %d", p)
	}
	if err := mine.Grow(600 << 10); err != nil {
		t.Errorf("within the slack: %v", err)
	}
	err = mine.Grow(600 << 10)
	if diag.ConditionOf(err) != "OUT_OF_MEMORY" || !strings.Contains(err.Error(), "mine of a (1000.0 KiB)") {
		t.Errorf("%v", err)
	}
	mine.Shrink(mine.Size() - 4<<10)
	small.r.Close()
	if m.Used() != 10<<10 || q.Used() != 4<<10 {
		t.Errorf("the minimum: %d of %d", q.Used(), m.Used())
	}
	q.Close()
	q.Close()
	if m.Used() != 0 || m.Peak() == 0 {
		t.Errorf("used %d, peak %d", m.Used(), m.Peak())
	}
	if _, err := m.NewQuery("b", 2000<<10); diag.ConditionOf(err) != "OUT_OF_MEMORY" {
		t.Errorf("a minimum past the limit: %v", err)
	}
	if m.Used() != 0 {
		t.Errorf("used %d", m.Used())
	}
}

// TestClosedReservation checks that a reader which gives its buffers back after its query has ended changes no account.
// TestSpillersThatFail: who asks for memory does without what others cannot write, as far as it may, and then says why it cannot.
func TestSpillersThatFail(t *testing.T) {
	m := NewManager(1000 << 10)
	q, err := m.NewQuery("a", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	full := errors.New("the disk is full")
	other := &spiller{fails: full}
	other.r = q.Reserve("other", other)
	mine := q.Reserve("mine", nil)
	if !other.r.TryGrow(900 << 10) {
		t.Fatal("there was room")
	}
	if mine.TryGrow(200<<10) || other.calls != 1 {
		t.Errorf("past the limit, after %d calls", other.calls)
	}
	if err := mine.Grow(200 << 10); err != nil {
		t.Errorf("a little past the limit: %v", err)
	}
	if err := mine.Grow(900 << 10); !errors.Is(err, full) {
		t.Errorf("far past the limit: %v", err)
	}
}

func TestClosedReservation(t *testing.T) {
	m := NewManager(1000 << 10)
	q, err := m.NewQuery("a", 10<<10)
	if err != nil {
		t.Fatal(err)
	}
	late, other := q.Reserve("late", nil), q.Reserve("other", nil)
	if late.Add(100<<10) != nil || other.Add(50<<10) != nil {
		t.Fatal("there was room")
	}
	late.Close()
	if late.Add(200<<10) != nil || late.Add(-300<<10) != nil {
		t.Error("a closed reservation refused")
	}
	if late.Size() != 0 || q.Used() != 50<<10 {
		t.Errorf("late %d, query %d", late.Size(), q.Used())
	}
	q.Close()
	if other.Add(1<<20) != nil || m.Used() != 0 {
		t.Errorf("%d bytes used", m.Used())
	}
}

func TestGroupLimit(t *testing.T) {
	root := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	write("sys/a/memory.max", "500000000\n")
	write("sys/a/b/memory.max", "max\n")
	if got := groupLimit(write("v2", "0::/a/b\n"), filepath.Join(root, "sys")); got != 500000000 {
		t.Errorf("version 2: %d", got)
	}
	write("sys/memory/x/memory.limit_in_bytes", "300000000\n")
	if got := groupLimit(write("v1", "5:cpu,memory:/x\n1:name=systemd:/y\n"), filepath.Join(root, "sys")); got != 300000000 {
		t.Errorf("version 1: %d", got)
	}
	if got := groupLimit(filepath.Join(root, "none"), root); got != 0 {
		t.Errorf("no groups: %d", got)
	}
	if got := machineMemory(write("meminfo", "MemTotal:       1000 kB\nMemFree: 1 kB\n")); got != 1000<<10 {
		t.Errorf("machine: %d", got)
	}
}

func TestArena(t *testing.T) {
	a := &Arena{}
	for range 3 {
		var pieces [][]byte
		for i := range 200 {
			p := a.Alloc(i * 37)
			for j := range p {
				p[j] = byte(i)
			}
			pieces = append(pieces, p)
		}
		for i, p := range pieces {
			if len(p) != i*37 || len(p) > 0 && bytes.Count(p, []byte{byte(i)}) != len(p) {
				t.Fatalf("piece %d overwritten", i)
			}
		}
		a.Reset()
	}
	if a.Bytes() > 4<<20 {
		t.Errorf("%d bytes", a.Bytes())
	}
}

func TestPool(t *testing.T) {
	m := NewManager(1 << 20)
	q, _ := m.NewQuery("q", 0)
	p := m.NewPool("blocks", 64<<10)
	r := q.Reserve("reader", nil)
	b, err := p.Get(5000, r)
	if err != nil || len(b.Bytes) != 5000 || r.Size() != 8192 {
		t.Fatal(err, r.Size())
	}
	b.Retain()
	b.Release()
	if r.Size() == 0 {
		t.Error("released too early")
	}
	b.Release()
	if r.Size() != 0 || m.Used() != 8192 {
		t.Errorf("%d reserved, %d in all", r.Size(), m.Used())
	}
	again, _ := p.Get(8000, r)
	if again != b || m.Used() != 8192 {
		t.Error("the block was not reused")
	}
	again.Release()
	if !r.TryGrow(1 << 20) {
		t.Error("free blocks were not given up")
	}
	if _, err := p.Get(1<<20, r); diag.ConditionOf(err) != "OUT_OF_MEMORY" {
		t.Error(err)
	}
	q.Close()
	p.Close()
	if m.Used() != 0 {
		t.Errorf("used %d", m.Used())
	}
}

func TestSpillRoundTrip(t *testing.T) {
	root := t.TempDir()
	s := OpenSpill(root, nil)
	m := NewManager(1 << 20)
	q, _ := m.NewQuery("q", 0)
	f, err := s.Create("sort", q.Reserve("sort", nil))
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	var frames []Frame
	var pieces [][]byte
	for i := range 50 {
		b := make([]byte, r.IntN(100_000))
		for j := range b {
			b[j] = byte(j / (i + 1)) // compressible
			if i%5 == 0 {
				b[j] = byte(r.Uint32()) // not
			}
		}
		frame, err := f.Write(b)
		if err != nil {
			t.Fatal(err)
		}
		frames, pieces = append(frames, frame), append(pieces, b)
	}
	var buffer, scratch []byte
	for i := len(frames) - 1; i >= 0; i-- {
		if buffer, err = f.Read(frames[i], buffer, &scratch); err != nil || !bytes.Equal(buffer, pieces[i]) {
			t.Fatal(i, err)
		}
	}
	if f.Size() != s.Bytes() || q.Spilled() != f.Size() || f.Size() == 0 {
		t.Errorf("%d, %d, %d bytes", f.Size(), s.Bytes(), q.Spilled())
	}
	f.Close()
	f.Close()
	if s.Bytes() != 0 {
		t.Errorf("%d bytes left", s.Bytes())
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create("sort", nil); diag.ConditionOf(err) != "SPILL_FAILED" {
		t.Error(err)
	}
	checkEmpty(t, root)
	q.Close()
}

func checkEmpty(t *testing.T, root string) {
	t.Helper()
	if left, _ := os.ReadDir(root); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// failing is a file system on which the nth call of a writing function fails.
type failing struct {
	FileSystem
	left atomic.Int64
}

var errFull = &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}

func (f *failing) step() error {
	if f.left.Add(-1) < 0 {
		return errFull
	}
	return nil
}

func (f *failing) Mkdir(dir string) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.FileSystem.Mkdir(dir)
}

func (f *failing) Lock(name string) (func(), error) {
	if err := f.step(); err != nil {
		return nil, err
	}
	return f.FileSystem.Lock(name)
}

func (f *failing) Create(name string) (File, error) {
	if err := f.step(); err != nil {
		return nil, err
	}
	file, err := f.FileSystem.Create(name)
	return &failingFile{file, f}, err
}

type failingFile struct {
	File
	fs *failing
}

func (f *failingFile) Write(b []byte) (int, error) {
	if err := f.fs.step(); err != nil {
		n, _ := f.File.Write(b[:len(b)/2])
		return n, err
	}
	return f.File.Write(b)
}

func TestEveryWriteMayFail(t *testing.T) {
	for n := range int64(40) {
		root := t.TempDir()
		fs := &failing{FileSystem: SystemFiles()}
		fs.left.Store(n)
		s := OpenSpill(root, fs)
		err := func() error {
			for range 3 {
				f, err := s.Create("sort", nil)
				if err != nil {
					return err
				}
				for range 5 {
					if _, err := f.Write(make([]byte, 10_000)); err != nil {
						if _, again := f.Write(nil); again != err {
							t.Errorf("a write after a failure: %v", again)
						}
						return err
					}
				}
			}
			return nil
		}()
		if err != nil && (diag.ConditionOf(err) != "SPILL_FAILED" || !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), root)) {
			t.Errorf("call %d: %v", n, err)
		}
		if n < 15 && err == nil {
			t.Errorf("call %d did not fail", n)
		}
		if err := s.Close(); err != nil {
			t.Errorf("call %d: close: %v", n, err)
		}
		checkEmpty(t, root)
	}
}

func TestSweep(t *testing.T) {
	root := t.TempDir()
	dead := filepath.Join(root, directoryPrefix+"1-1")
	if err := os.MkdirAll(dead, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sort-1", lockName} {
		if err := os.WriteFile(filepath.Join(dead, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	half := filepath.Join(root, sweptPrefix+"1") // by a process that died of it
	empty := filepath.Join(root, directoryPrefix+"2-1")
	if err := errors.Join(os.MkdirAll(filepath.Join(half, "x"), 0o700), os.Mkdir(empty, 0o700)); err != nil {
		t.Fatal(err)
	}
	living := OpenSpill(root, nil)
	if _, err := living.Create("sort", nil); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{dead, half, empty} {
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("the dead directory %s is still there: %v", dir, err)
		}
	}
	other := OpenSpill(root, nil)
	if left, _ := os.ReadDir(root); len(left) != 1 {
		t.Errorf("the living directory was swept: %v", left)
	}
	if err := errors.Join(living.Close(), other.Close()); err != nil {
		t.Fatal(err)
	}
	checkEmpty(t, root)
}

// TestSweepOfTheNewborn takes a directory over at the worst moments: between its making and its locking, and between
// the opening of its lock file and the locking.
func TestSweepOfTheNewborn(t *testing.T) {
	root := t.TempDir()
	fs := &interrupted{FileSystem: SystemFiles()}
	s := OpenSpill(root, fs)
	fs.between = func() { OpenSpill(root, nil) }
	f, err := s.Create("sort", nil)
	if err != nil {
		t.Fatal(err)
	}
	frame, err := f.Write([]byte("kept"))
	if err != nil {
		t.Fatal(err)
	}
	OpenSpill(root, nil)
	if _, err := s.Create("sort", nil); err != nil {
		t.Errorf("a second file: %v", err)
	}
	if b, err := f.Read(frame, nil, nil); err != nil || string(b) != "kept" {
		t.Errorf("read %q, %v", b, err)
	}
	if fs.locks != 2 {
		t.Errorf("%d attempts to lock", fs.locks)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	checkEmpty(t, root)
}

// interrupted is a file system that calls between before it locks for the first time.
type interrupted struct {
	FileSystem
	between func()
	locks   int
}

func (i *interrupted) Lock(name string) (func(), error) {
	if i.locks++; i.locks == 1 {
		i.between()
	}
	return i.FileSystem.Lock(name)
}

// TestSweepAtOnce has many processes make, use and close spill directories below one root; each sweeps when it starts,
// and some end without closing.
func TestSweepAtOnce(t *testing.T) {
	if root := os.Getenv("KILN_TEST_SWEEP_ROOT"); root != "" {
		spillAndSweep(t, root)
		return
	}
	root := t.TempDir()
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			c := exec.Command(os.Args[0], "-test.run=^TestSweepAtOnce$")
			c.Env = append(os.Environ(), "KILN_TEST_SWEEP_ROOT="+root)
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	wg.Wait()
	if left, _ := os.ReadDir(root); len(left) == 0 {
		t.Error("no process left a directory to sweep")
	}
	OpenSpill(root, nil)
	checkEmpty(t, root)
}

// spillAndSweep is one of the processes: its goroutines each make sessions, whose files must stay while they are open.
func spillAndSweep(t *testing.T, root string) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 40 {
				s := OpenSpill(root, nil)
				for i := range 4 {
					f, err := s.Create("sort", nil)
					if err != nil {
						t.Errorf("file %d: %v", i, err)
						return
					}
					if _, err := f.Write(make([]byte, 1000)); err != nil {
						t.Error(err)
					}
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if _, err := OpenSpill(root, nil).Create("sort", nil); err != nil { // left to be swept
		t.Error(err)
	}
}
