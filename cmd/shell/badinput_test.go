//go:build linux

package shell

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/kilnql/kiln/internal/testenv"
)

// badInput is a statement that must fail with one clear error.
type badInput struct {
	name, sql, condition string
	mentions             string
	conf                 []string
}

// badInputs makes files of every kind of damage that is always noticed, and statements that are wrong.
func badInputs(t *testing.T) []badInput {
	good, err := os.ReadFile("../../testdata/tpch/sf0.01/nation.parquet")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var all []badInput
	for name, content := range map[string][]byte{
		"empty": nil, "no Parquet": []byte("this is no table at all\n"), "truncated": good[:len(good)/2], "without its head": good[len(good)/2:],
	} {
		path := write(name+".parquet", content)
		all = append(all, badInput{name: name, sql: "SELECT * FROM '" + path + "'", condition: "FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER", mentions: path})
	}
	parts, err := testenv.ParquetParts(good)
	if err != nil {
		t.Fatal(err)
	}
	conditions := map[string]string{"magic head": "FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER", "footer": "FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER", "footer length": "FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER",
		"magic tail": "FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER", "data page header": "FAILED_READ_FILE.DAMAGED_COLUMN", "dictionary page header": "FAILED_READ_FILE.DAMAGED_COLUMN",
		"compressed page": "FAILED_READ_FILE.DAMAGED_COLUMN"}
	for _, p := range parts {
		if condition := conditions[p.Kind]; condition != "" {
			delete(conditions, p.Kind) // one of each kind
			damaged := bytes.Clone(good)
			damaged[p.From] ^= 0xff
			path := write(strings.ReplaceAll(p.Kind, " ", "_")+".parquet", damaged)
			all = append(all, badInput{name: p.Kind, sql: "SELECT * FROM '" + path + "'", condition: condition, mentions: path})
		}
	}
	return append(all,
		badInput{name: "missing", sql: "SELECT * FROM '" + dir + "/missing.parquet'", condition: "PATH_NOT_FOUND", mentions: "missing.parquet"},
		badInput{name: "syntax", sql: "SELEC 1", condition: "PARSE_SYNTAX_ERROR"},
		badInput{name: "unknown column", sql: "SELECT nope FROM range(1)", condition: "UNRESOLVED_COLUMN.WITH_SUGGESTION", mentions: "id"},
		badInput{name: "ambiguous column", sql: "SELECT id FROM range(1) a JOIN range(1) b", condition: "AMBIGUOUS_REFERENCE", mentions: "id"},
		badInput{name: "type", sql: "SELECT id + true FROM range(1)", condition: "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES"},
		badInput{name: "overflow", sql: "SELECT sum(id + 9223372036854775807) FROM range(3)", condition: "ARITHMETIC_OVERFLOW"},
		badInput{name: "division by zero", sql: "SELECT 1 / (id - 1) FROM range(3)", condition: "DIVIDE_BY_ZERO"},
		badInput{name: "memory", sql: "SELECT length(collect_list(id)::string) FROM range(3000000)", condition: "OUT_OF_MEMORY",
			conf: []string{"kiln.memory.limit=2m", "kiln.memory.query.minimum=1m"}},
	)
}

// TestBadInputs runs each bad statement in a script: its status is not 0, the error is one, the next statement of machine
// output runs, and no file is left.
func TestBadInputs(t *testing.T) {
	for _, b := range badInputs(t) {
		t.Run(b.name, func(t *testing.T) { checkBadInput(t, b, t.TempDir()) })
	}
}

func checkBadInput(t *testing.T, b badInput, spill string) {
	t.Helper()
	options := []string{"--conf", "kiln.spill.directory=" + spill}
	for _, c := range b.conf {
		options = append(options, "--conf", c)
	}
	r := run(t, "", append(options, "-o", "csv", "-c", b.sql, "-c", "SELECT 7 AS seven")...)
	if r.status != statusFailed || strings.Contains(r.out, "seven") || strings.Count(r.errors, "SQLSTATE") != 1 {
		t.Errorf("status %d, output %q, errors %q", r.status, r.out, r.errors)
	}
	r.wantError(t, "["+b.condition+"]", b.mentions)
	r = run(t, "", append(options, "-o", "json", "-c", b.sql+"; SELECT 7 AS seven")...)
	all := documents(t, r.out)
	if r.status != statusFailed || len(all) != 2 || r.errors != "" {
		t.Fatalf("status %d, output %q, errors %q", r.status, r.out, r.errors)
	}
	if e, _ := all[0]["error"].(map[string]any); e["condition"] != b.condition {
		t.Errorf("%v, want %s", all[0], b.condition)
	}
	if !strings.Contains(r.out, "[[7]]") {
		t.Errorf("the next statement did not run: %s", r.out)
	}
	if left, err := os.ReadDir(spill); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// TestFullSpillDisk spills onto a file system of 1 MB.
func TestFullSpillDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skip("no right to mount a file system:", err)
	}
	defer func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	}()
	checkBadInput(t, badInput{sql: "SELECT count(*) FROM (SELECT id % 900000 k, count(*) c FROM range(2000000) GROUP BY 1)", condition: "SPILL_FAILED",
		mentions: "no space left on device", conf: []string{"kiln.memory.limit=4m", "kiln.memory.query.minimum=1m"}}, dir)
}

// TestTerminalGoesOnAfterBadInputs types the same statements at one prompt.
func TestTerminalGoesOnAfterBadInputs(t *testing.T) {
	x := openTerminal(t, t.TempDir())
	x.expect(prompt)
	for _, b := range badInputs(t) {
		if b.conf != nil {
			continue
		}
		x.send(b.sql + ";\r")
		x.expect("[" + b.condition + "]")
		x.expect(prompt)
	}
	x.send("SELECT 3 + 4 AS seven;\r")
	x.expect("|7    |")
	x.expect(prompt)
	x.send(`\q` + "\r")
	if err := x.command.Wait(); err != nil {
		t.Error(err)
	}
}
