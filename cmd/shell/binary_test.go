package shell

import (
	"bufio"
	"debug/elf"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binaryDir holds the built command, "" while it is not built.
var binaryDir string

// binary builds the command as the Makefile does, once for all tests.
var binary = sync.OnceValues(func() (name string, err error) {
	if binaryDir, err = os.MkdirTemp("", "kiln-shell-test"); err != nil {
		return "", err
	}
	name = filepath.Join(binaryDir, "kiln")
	build := exec.Command("go", "build", "-trimpath", "-o", name, "../kiln")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		return "", errors.New(string(text))
	}
	return name, nil
})

func removeBinary() {
	if binaryDir != "" {
		os.RemoveAll(binaryDir)
	}
}

func buildBinary(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the binary")
	}
	name, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func TestBinaryIsStatic(t *testing.T) {
	name := buildBinary(t)
	if runtime.GOOS != "linux" {
		t.Skip("reads an ELF header")
	}
	f, err := elf.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("the binary has a segment %v: it is linked dynamically", p.Type)
		}
	}
	if libraries, err := f.ImportedLibraries(); err == nil && len(libraries) > 0 {
		t.Errorf("the binary needs %v", libraries)
	}
}

// start runs the binary with a directory of its own for temporary files, which must be empty in the end.
func start(t *testing.T, args ...string) (*exec.Cmd, io.ReadCloser, *strings.Builder) {
	t.Helper()
	c := exec.Command(buildBinary(t), args...)
	temporary := t.TempDir()
	c.Env = append(os.Environ(), "TMPDIR="+temporary)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	c.Stderr = &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if left, _ := os.ReadDir(temporary); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	return c, out, &stderr
}

func TestReaderThatLeavesEarly(t *testing.T) {
	for _, form := range []string{"csv", "jsonl", "json"} {
		c, out, stderr := start(t, "-o", form, "-c", "SELECT id FROM range(300000)", "-c", "SELECT id FROM range(1000000000000)")
		line, err := bufio.NewReader(out).ReadString('\n')
		if line == "" {
			t.Errorf("%s: no first line: %v", form, err)
		}
		out.Close()
		if form == "json" { // a document is written when it is whole: the second never is
			c.Process.Signal(os.Interrupt)
			c.Wait()
			continue
		}
		if err := c.Wait(); err != nil || stderr.String() != "" {
			t.Errorf("%s: %v, stderr %q", form, err, stderr)
		}
	}
}

func TestFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	var stderr strings.Builder
	status := Main([]string{"-o", "csv", "-c", "SELECT id FROM range(100000)", "-c", "SELECT 1"}, strings.NewReader(""), full, &stderr)
	if status != statusFailed || strings.Count(stderr.String(), "no space left on device") != 1 {
		t.Errorf("status %d, stderr %q", status, stderr.String())
	}
}

func TestFullDiskUnderAFileOfResults(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip(err)
	}
	for _, rows := range []string{"1", "100000"} {
		r := run(t, "\\o /dev/full\nSELECT id FROM range("+rows+");\nSELECT 2 AS a", "-o", "csv")
		r.want(t, statusFailed, "")
		if strings.Count(r.errors, "no space left on device") != 1 {
			t.Errorf("stderr %q", r.errors)
		}
	}
}

func TestInterruptEndsAScript(t *testing.T) {
	for _, form := range []string{"csv", "json"} {
		c, out, stderr := start(t, "-o", form, "-c", "SELECT 1; SELECT sum(a.id % 7) FROM range(4000000) a, range(1000000) b; SELECT 2")
		lines := bufio.NewReader(out)
		lines.ReadString('\n')
		time.Sleep(300 * time.Millisecond)
		begin := time.Now()
		c.Process.Signal(os.Interrupt)
		rest, _ := io.ReadAll(lines)
		err := c.Wait()
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("%s: ended after %v", form, took)
		}
		if c.ProcessState.ExitCode() != statusFailed || strings.Contains(string(rest), "[[2]]") {
			t.Errorf("%s: %v, then %q, stderr %q", form, err, rest, stderr)
		}
		if form == "csv" && !strings.Contains(stderr.String(), "Cancelled.") || form == "json" && !strings.Contains(string(rest), "OPERATION_CANCELED") {
			t.Errorf("%s: %q, stderr %q", form, rest, stderr)
		}
	}
}

func TestTerminationRemovesSpillFiles(t *testing.T) {
	c, out, stderr := start(t, "--conf", "kiln.memory.limit=16m", "-o", "csv",
		"-c", "SELECT 1 AS a", "-c", "SELECT id, concat('long text ', id) AS s FROM range(20000000) ORDER BY s")
	lines := bufio.NewReader(out)
	lines.ReadString('\n')
	time.Sleep(700 * time.Millisecond) // it spills by now
	c.Process.Signal(syscall.SIGTERM)
	io.Copy(io.Discard, lines)
	if c.Wait(); c.ProcessState.ExitCode() != statusFailed {
		t.Errorf("%v, stderr %q", c.ProcessState, stderr)
	}
}

// The target for the start is 30 ms on an idle machine; the test allows for a busy one.
func TestStart(t *testing.T) {
	name := buildBinary(t)
	best := time.Hour
	for range 5 {
		begin := time.Now()
		if text, err := exec.Command(name, "-c", "SELECT 1").CombinedOutput(); err != nil {
			t.Fatal(string(text))
		}
		best = min(best, time.Since(begin))
	}
	t.Logf("kiln -c \"SELECT 1\" takes %v", best)
	if best > 150*time.Millisecond {
		t.Errorf("kiln -c \"SELECT 1\" takes %v", best)
	}
}

// What README.md says to run runs, from the root of the repository.
func TestCommandsOfTheReadme(t *testing.T) {
	name := buildBinary(t)
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for line := range strings.Lines(string(text)) {
		arguments, isCommand := strings.CutPrefix(strings.TrimSpace(line), "bin/kiln")
		if !isCommand {
			continue
		}
		ran++
		c := exec.Command("sh", "-c", name+arguments)
		c.Dir = "../.."
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", line, err, out)
		}
	}
	if ran < 4 {
		t.Errorf("only %d commands found", ran)
	}
}
