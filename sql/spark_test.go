package sql

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kilnql/kiln/diag"
)

// sparkCase is one statement of Spark's own suite; condition is the one of the ParseException it gives, or "".
type sparkCase struct {
	file, text, condition, output string
}

var conditionLine = regexp.MustCompile(`"(?:condition|errorClass)" : "([^"]*)"`)

// sparkTexts are the suite's statements, if they are there.
func sparkTexts() []string {
	var texts []string
	for _, c := range readSparkCases() {
		texts = append(texts, c.text)
	}
	return texts
}

func sparkCases(t *testing.T) []sparkCase {
	t.Helper()
	cases := readSparkCases()
	if len(cases) == 0 {
		t.Skip("Spark's own tests are not in .cache/spark-tests: run scripts/fetch-spark-tests.sh")
	}
	return cases
}

func readSparkCases() []sparkCase {
	root := "../.cache/spark-tests/sql-tests/results"
	var cases []sparkCase
	filepath.Walk(root, func(f string, _ os.FileInfo, err error) error {
		if err != nil || !strings.HasSuffix(f, ".sql.out") {
			return nil
		}
		b, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		for _, part := range strings.Split(string(b), "-- !query\n")[1:] {
			text, rest, ok := strings.Cut(part, "\n-- !query schema\n")
			if !ok {
				continue
			}
			_, output, _ := strings.Cut(rest, "-- !query output\n")
			c := sparkCase{file: strings.TrimPrefix(f, root+"/"), text: text, output: output}
			if strings.HasPrefix(output, "org.apache.spark.sql.catalyst.parser.ParseException") {
				c.condition = "?"
				if m := conditionLine.FindStringSubmatch(output); m != nil {
					c.condition = m[1]
				}
			}
			cases = append(cases, c)
		}
		return nil
	})
	return cases
}

func TestSparkSuite(t *testing.T) {
	var options Options
	counts := map[string]int{}
	for _, c := range sparkCases(t) {
		options.DoubleQuotedIdentifiers = strings.Contains(c.file, "double-quoted-identifiers-enabled")
		_, err := options.ParseStatement(c.text)
		got := diag.ConditionOf(err)
		if err != nil && got == "" {
			t.Errorf("%s: %s: %v", c.file, c.text, err)
			continue
		}
		switch {
		case got == c.condition:
			counts["same"]++
			if got == "PARSE_SYNTAX_ERROR" {
				e := err.(*diag.Error)
				near, hint := jsonParameter(c.output, "error"), jsonParameter(c.output, "hint")
				if e.Param("error") != near || e.Param("hint") != hint {
					counts["parameters"]++
					t.Logf("PARAMETERS %s %q %q instead of %q %q\n%s", c.file, e.Param("error"), e.Param("hint"), near, hint, c.text)
				}
			}
		case c.condition == "":
			counts["refused"]++
			t.Logf("REFUSED %s\n%s\n%v", c.file, c.text, err)
		case got == "":
			counts["accepted"]++
			t.Logf("ACCEPTED (%s) %s\n%s", c.condition, c.file, c.text)
		default:
			counts["other"]++
			t.Logf("OTHER %s for %s %s\n%s\n%v", got, c.condition, c.file, c.text, err)
		}
	}
	t.Log(counts)
}

// jsonParameter finds a message parameter in a golden output.
func jsonParameter(output, name string) string {
	_, rest, ok := strings.Cut(output, `"`+name+`" : `)
	if !ok {
		return ""
	}
	line, _, _ := strings.Cut(rest, "\n")
	var v string
	if err := json.Unmarshal([]byte(strings.TrimSuffix(line, ",")), &v); err != nil {
		return line
	}
	return v
}
