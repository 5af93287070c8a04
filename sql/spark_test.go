package sql

import (
	"encoding/json"
	"errors"
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

// TestSparkSuite reads every statement of the suite. What Spark's parser reads, kiln reads or refuses as unsupported;
// what Spark's parser refuses, kiln refuses with the same condition, but for a few that a later phase finds.
func TestSparkSuite(t *testing.T) {
	counts := map[string]int{}
	for _, c := range sparkCases(t) {
		options := Options{DoubleQuotedIdentifiers: strings.Contains(c.file, "double-quoted-identifiers-enabled")}
		_, err := options.ParseStatement(c.text)
		got := diag.ConditionOf(err)
		switch {
		case err != nil && got == "":
			t.Errorf("%s: %s: %v", c.file, c.text, err)
		case got == c.condition:
			counts["as Spark"]++
			if got == "PARSE_SYNTAX_ERROR" && !sameParameters(err, c.output) {
				counts["as Spark, near another token"]++
			}
		case got == "UNSUPPORTED_FEATURE":
			counts["unsupported"]++
		case got == "":
			counts["left to a later phase: "+c.condition]++
			counts["left to a later phase"]++
		case c.condition == "" && strings.Contains(c.output, `"`+got+`"`):
			counts["earlier than Spark"]++
		case c.condition == "":
			counts["refused"]++
			t.Logf("refused: %s\n%s\n%v", c.file, c.text, err)
		default:
			counts["another condition"]++
			t.Logf("%s instead of %s: %s\n%s", got, c.condition, c.file, c.text)
		}
	}
	t.Log(counts)
	for what, limit := range map[string]int{"refused": 1, "another condition": 0, "left to a later phase": 81, "unsupported": 340, "as Spark, near another token": 11} {
		if counts[what] > limit {
			t.Errorf("%s: %d statements, at most %d are known", what, counts[what], limit)
		}
	}
}

// sameParameters reports whether a syntax error names the token that Spark's does, with the same hint.
func sameParameters(err error, output string) bool {
	var e *diag.Error
	return errors.As(err, &e) && e.Param("error") == jsonParameter(output, "error") && e.Param("hint") == jsonParameter(output, "hint")
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
