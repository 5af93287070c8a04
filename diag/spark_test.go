package diag_test

import (
	"archive/zip"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/internal/testenv"
)

// ownConditions are those that Spark 4.0.1 does not have, and why kiln does.
var ownConditions = map[string]string{
	"FAILED_READ_FILE.DAMAGED_COLUMN":       "Spark's FAILED_READ_FILE.NO_HINT leaves to its cause which column it was",
	"FILE_ACCESS_DENIED":                    "Spark has no gate for files",
	"ILLEGAL_SEQUENCE_BOUNDARIES":           "Spark raises a bare IllegalArgumentException",
	"INVALID_CONFIGURATION_LINE":            "kiln.conf; Spark ignores such lines",
	"INVALID_CONF_VALUE.CIRCULAR_REFERENCE": "Spark raises a bare IllegalArgumentException",
	"INVALID_CONF_VALUE.TYPE_MISMATCH":      "Spark raises a bare IllegalArgumentException",
	"OUT_OF_MEMORY":                         "a query's own limit; Spark's conditions are those of its tasks and pages",
	"SPILL_FAILED":                          "Spark passes the operating system's error on",
	"UNKNOWN_CONFIGURATION":                 "Spark keeps any key",
}

// sparkCondition is an entry of Spark's or PySpark's error-conditions.json.
type sparkCondition struct {
	SQLState string                    `json:"sqlState"`
	Scala    map[string]sparkCondition `json:"subClass"`
	Python   map[string]sparkCondition `json:"sub_class"`
}

// addConditions puts the entries of a file into a table from names to SQLSTATEs; one that is there stays.
func addConditions(t *testing.T, text []byte, states map[string]string) {
	t.Helper()
	var entries map[string]sparkCondition
	if err := json.Unmarshal(text, &entries); err != nil {
		t.Fatal(err)
	}
	add := func(name, state string) {
		if _, ok := states[name]; !ok {
			states[name] = state
		}
	}
	for name, c := range entries {
		add(name, c.SQLState)
		for _, parts := range []map[string]sparkCondition{c.Scala, c.Python} {
			for part := range parts {
				add(name+"."+part, c.SQLState)
			}
		}
	}
}

// theOne is the only file that a pattern below PySpark's directory matches.
func theOne(t *testing.T, pattern ...string) string {
	t.Helper()
	found, err := filepath.Glob(testenv.Path(t, append([]string{".venv", "lib", "python3*", "site-packages", "pyspark"}, pattern...)...))
	if err != nil || len(found) != 1 {
		t.Fatal(pattern, found, err)
	}
	return found[0]
}

// TestConditionsAreSparks compares names and SQLSTATEs with Spark's own table, and with PySpark's, which has no SQLSTATEs.
func TestConditionsAreSparks(t *testing.T) {
	testenv.RequirePython(t)
	states := map[string]string{}
	jar, err := zip.OpenReader(theOne(t, "jars", "spark-common-utils_*.jar"))
	if err != nil {
		t.Fatal(err)
	}
	defer jar.Close()
	text, err := fs.ReadFile(jar, "error/error-conditions.json")
	if err != nil {
		t.Fatal(err)
	}
	addConditions(t, text, states)
	if text, err = os.ReadFile(theOne(t, "errors", "error-conditions.json")); err != nil {
		t.Fatal(err)
	}
	addConditions(t, text, states)
	for name, c := range diag.Conditions() {
		state, known := states[name]
		reason, own := ownConditions[name]
		switch {
		case !known && !own:
			t.Errorf("%s is no condition of Spark's", name)
		case known && own:
			t.Errorf("%s is Spark's: %q is no reason", name, reason)
		case known && state != "" && state != c.SQLState: // legacy conditions and PySpark's have none: kiln's is its own
			t.Errorf("%s: SQLSTATE %s, Spark's is %s", name, c.SQLState, state)
		case state == "" && !own && !strings.HasPrefix(name, "_LEGACY_ERROR_TEMP_") && len(c.SQLState) != 5:
			t.Errorf("%s: SQLSTATE %q", name, c.SQLState)
		}
	}
	for name := range ownConditions {
		if _, ok := diag.Conditions()[name]; !ok {
			t.Errorf("%s is not listed", name)
		}
	}
}
