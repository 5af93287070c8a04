// Package testenv gives tests what lies outside the Go code: the repository's
// test data, the answers Spark gave, and Spark and DuckDB themselves.
//
// What a machine may lack (Python, Java, Maven) is asked for by a Require
// function. It installs what can be installed, once, into .venv and .cache at the
// root of the repository. Without the rest it skips the test with a line that
// says what is missing; under CI=true it fails the test instead, so that a
// build server cannot pass by testing nothing.
package testenv

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// exitMissing is the status by which the scripts say that a tool is not on the
// machine; every other failure is a defect.
const exitMissing = 3

// Root returns the absolute path of the repository's root directory, the
// nearest one above the working directory that holds kiln's go.mod.
func Root(t testing.TB) string {
	t.Helper()
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

var findRoot = sync.OnceValues(func() (string, error) {
	directory, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		text, err := os.ReadFile(filepath.Join(directory, "go.mod"))
		if err == nil && bytes.HasPrefix(text, []byte("module github.com/kilnql/kiln\n")) {
			return directory, nil
		}
		parent := filepath.Dir(directory)
		if parent == directory {
			return "", errors.New("testenv: no go.mod of kiln above the working directory")
		}
		directory = parent
	}
})

// Path returns the absolute path of a file of the repository, given by the
// elements of its path below the root.
func Path(t testing.TB, elements ...string) string {
	t.Helper()
	return filepath.Join(append([]string{Root(t)}, elements...)...)
}

// Missing ends the test because the machine lacks something: a skip with the
// reason, or a failure under CI=true.
func Missing(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("CI=true does not allow a skip: %s", reason)
	}
	t.Skip(reason)
}

// RequirePython returns the path of the interpreter that has the pinned
// packages of scripts/requirements.txt (PySpark, DuckDB, the TPC generator).
func RequirePython(t testing.TB) string {
	t.Helper()
	require(t, "setup-test-env.sh")
	return Path(t, ".venv", "bin", "python")
}

// RequireSparkSuite returns the directory that holds Spark's SQL tests: the
// files named in testdata/spark/files.txt under sql-tests/, query texts under
// tpch/ and tpcds/, and the suite's tables as Parquet files under tables/.
func RequireSparkSuite(t testing.TB) string {
	t.Helper()
	require(t, "fetch-spark-tests.sh")
	python := RequirePython(t)
	command := exec.Command(python, Path(t, "scripts", "oracle", "spark_suite_tables.py"))
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, output)
	}
	return Path(t, ".cache", "spark-tests")
}

// outcome is what one run of a script gave; scripts run once in a process.
type outcome struct {
	err    error
	output string
}

var (
	outcomesMutex sync.Mutex
	outcomes      = map[string]outcome{}
)

// require runs a script of scripts/ and ends the test when it did not succeed.
func require(t testing.TB, script string, arguments ...string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		Missing(t, script+" needs a POSIX shell")
	}
	path := Path(t, "scripts", script)
	key := strings.Join(append([]string{script}, arguments...), " ")

	outcomesMutex.Lock()
	result, known := outcomes[key]
	if !known {
		output, err := exec.Command(path, arguments...).CombinedOutput()
		result = outcome{err, strings.TrimSpace(string(output))}
		outcomes[key] = result
	}
	outcomesMutex.Unlock()

	var exit *exec.ExitError
	switch {
	case result.err == nil:
	case errors.As(result.err, &exit) && exit.ExitCode() == exitMissing:
		Missing(t, result.output)
	default:
		t.Fatalf("scripts/%s: %v\n%s", key, result.err, result.output)
	}
}
