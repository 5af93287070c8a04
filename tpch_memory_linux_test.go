package kiln_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/kilnql/kiln/internal/testenv"
)

// The memory that the queries get, and what the process may take with everything: code, stacks, plans, garbage.
const (
	littleMemory   = "64m"
	residentMemory = 164 << 20
)

// spillingQueries hold more than the memory there is, at scale 1: build sides of joins and groups. Others take more where there is
// memory, and get by with less.
var spillingQueries = []int{9, 10, 18, 21}

// process is a running bin/kiln that answers requests in machine output.
type process struct {
	command *exec.Cmd
	in      *bufio.Writer
	out     *bufio.Reader
}

// startKiln runs the command with the TPC-H tables as views. stop closes its input and waits for it.
func startKiln(t *testing.T, binary, scale string, arguments ...string) (p *process, stop func()) {
	t.Helper()
	command := exec.Command(binary, append([]string{"--input", "jsonl", "--output", "json"}, arguments...)...)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	p = &process{command: command, in: bufio.NewWriter(in), out: bufio.NewReaderSize(out, 1<<20)}
	for _, table := range testenv.TPCHTables {
		p.ask(t, fmt.Sprintf("CREATE TEMP VIEW %s AS SELECT * FROM '%s'", table, filepath.Join(testenv.TPCHDir(t, scale), table+".parquet")))
	}
	return p, func() {
		in.Close()
		if err := command.Wait(); err != nil {
			t.Error(err)
		}
	}
}

// ask sends one statement and returns its document.
func (p *process) ask(t *testing.T, sql string) testenv.Answer {
	t.Helper()
	request, _ := json.Marshal(map[string]any{"id": 1, "sql": sql})
	p.in.Write(append(request, '\n'))
	if err := p.in.Flush(); err != nil {
		t.Fatal(err)
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	answer, err := testenv.ParseAnswer(line)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// resident is the most memory that the process ever had, in bytes. The kernel's ru_maxrss would not do: what a child of this
// process reports begins with the size of this process.
func (p *process) resident(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); fields[0] == "VmHWM:" {
			kilobytes, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kilobytes << 10
		}
	}
	t.Fatal("no VmHWM in the status of a process")
	return 0
}

var spilledText = regexp.MustCompile(`spilled (\d+(?:\.\d+)?) (B|KiB|MiB|GiB)`)

// spilled is the number of bytes that EXPLAIN ANALYZE says were spilled, within its rounding.
func spilled(t *testing.T, profile testenv.Answer) int64 {
	t.Helper()
	found := spilledText.FindStringSubmatch(fmt.Sprint(profile.Rows[0][0]))
	if found == nil {
		t.Fatalf("EXPLAIN ANALYZE says nothing of spilling: %v", profile.Rows[0][0])
	}
	n, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return int64(n * map[string]float64{"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}[found[2]])
}

// TestTPCHInLittleMemory runs each query of TPC-H in a process whose queries get 64 MB: the answers are right, the process stays
// small, and the queries that would take more spill.
func TestTPCHInLittleMemory(t *testing.T) {
	if tpchScale() == "0.01" {
		t.Skip("make test-tpch runs it at scale 1: less data always fits")
	}
	binary := filepath.Join(t.TempDir(), "kiln")
	build := exec.Command("go", "build", "-trimpath", "-o", binary, "./cmd/kiln")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	unlimited := openTPCH(t, tpchScale(), map[string]string{"kiln.master": "local[2]"})
	var report strings.Builder
	table := tabwriter.NewWriter(&report, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "query\tresident MiB\tspilled MiB\tunlimited MiB\t")
	for n := 1; n <= testenv.TPCHQueries; n++ {
		t.Run(fmt.Sprintf("Q%d", n), func(t *testing.T) {
			sql := testenv.TPCHQuery(t, n)
			p, stop := startKiln(t, binary, tpchScale(), "--conf", "kiln.memory.limit="+littleMemory, "--conf", "kiln.master=local[2]",
				"--conf", "spark.sql.session.timeZone=UTC")
			defer stop()
			if err := testenv.Compare(testenv.TPCHAnswer(t, tpchScale(), n), p.ask(t, sql)); err != nil {
				t.Error(err)
			}
			onDisk := spilled(t, p.ask(t, "EXPLAIN ANALYZE "+sql))
			resident := p.resident(t)
			if _, err := unlimited.SQL(sql).Collect(context.Background()); err != nil {
				t.Fatal(err)
			}
			needs := unlimited.LastProfile().PeakMemory
			fmt.Fprintf(table, "Q%d\t%d\t%.1f\t%.1f\t\n", n, resident>>20, float64(onDisk)/(1<<20), float64(needs)/(1<<20))
			if resident > residentMemory {
				t.Errorf("%d bytes resident, expected at most %d", resident, residentMemory)
			}
			if onDisk == 0 && slices.Contains(spillingQueries, n) {
				t.Errorf("nothing was spilled, where there is memory it takes %d bytes", needs)
			}
		})
	}
	table.Flush()
	t.Logf("with kiln.memory.limit=%s, and what the queries hold where there is memory:\n%s", littleMemory, &report)
}
