package kiln_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/internal/testenv"
	"github.com/kilnql/kiln/types"
)

var (
	updatePassing = flag.Bool("spark-passing", false, "rewrite the list of statements of Spark's suite that pass")
	sparkFile     = flag.String("spark-file", "", "run only this file of Spark's suite, and say what fails")
)

// passingList holds one line for each statement of Spark's own suite that passes: file, number of the statement.
const passingList = "testdata/spark/passing.txt"

// sparkStatement is one statement of a golden file with what Spark answered.
type sparkStatement struct{ text, schema, output string }

// TestSparkSuite runs the statements of Spark's own SQL tests that are ours to work with (testdata/spark/files.txt) and
// compares schema and rows, or condition and SQLSTATE. Statements on the list must pass.
func TestSparkSuite(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	dir := testenv.RequireSparkSuite(t)
	files, err := os.ReadFile(testenv.Path(t, "testdata/spark/files.txt"))
	if err != nil {
		t.Fatal(err)
	}
	must := map[string]bool{}
	listed, _ := os.ReadFile(testenv.Path(t, passingList))
	for _, line := range strings.Fields(string(listed)) {
		must[line] = true
	}
	var passed []string
	total := 0
	for _, name := range strings.Fields(string(files)) {
		name = strings.TrimPrefix(name, "sql-tests/inputs/")
		if *sparkFile != "" && name != *sparkFile {
			continue
		}
		ok, n := runSparkFile(t, dir, name, must)
		passed = append(passed, ok...)
		total += n
	}
	t.Logf("%d of %d statements with rows or an error pass", len(passed), total)
	if *updatePassing && *sparkFile == "" {
		slices.Sort(passed)
		if err := os.WriteFile(testenv.Path(t, passingList), []byte(strings.Join(passed, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func readSparkFile(path string) ([]sparkStatement, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out []sparkStatement
	for _, part := range strings.Split(string(text), "-- !query\n")[1:] {
		query, rest, ok := strings.Cut(part, "\n-- !query schema\n")
		schema, output, ok2 := strings.Cut(rest, "\n-- !query output\n")
		if ok && ok2 {
			out = append(out, sparkStatement{query, schema, strings.TrimRight(output, " \n\t\r")})
		}
	}
	return out, nil
}

var setLine = regexp.MustCompile(`(?m)^--SET (.*)$`)
var dimensionLine = regexp.MustCompile(`(?m)^--CONFIG_DIM(\d) (.*)$`)

// sparkSettings are those of a file's --SET lines and of the first line of each dimension.
func sparkSettings(input string) map[string]string {
	conf := map[string]string{}
	add := func(list string) {
		for _, pair := range strings.Split(list, ",") {
			if key, value, ok := strings.Cut(pair, "="); ok {
				conf[strings.TrimSpace(key)] = strings.TrimSpace(value)
			}
		}
	}
	for _, m := range setLine.FindAllStringSubmatch(input, -1) {
		add(m[1])
	}
	seen := map[string]bool{}
	for _, m := range dimensionLine.FindAllStringSubmatch(input, -1) {
		if !seen[m[1]] {
			seen[m[1]] = true
			add(m[2])
		}
	}
	return conf
}

func runSparkFile(t *testing.T, dir, name string, must map[string]bool) (passed []string, counted int) {
	t.Helper()
	statements, err := readSparkFile(filepath.Join(dir, "sql-tests/results", name+".out"))
	if err != nil {
		t.Fatal(err)
	}
	input, _ := os.ReadFile(filepath.Join(dir, "sql-tests/inputs", name))
	conf := sparkSettings(string(input))
	c := kiln.NewConfig().WithoutDefaults().WithWorkers(2).With("spark.sql.session.timeZone", "America/Los_Angeles")
	if strings.HasPrefix(name, "nonansi/") {
		c = c.With("spark.sql.ansi.enabled", "false")
	}
	if strings.HasPrefix(name, "timestampNTZ/") {
		c = c.With("spark.sql.timestampType", "TIMESTAMP_NTZ")
	}
	for key, value := range conf {
		c = c.With(key, value)
	}
	s, err := kiln.Open(c)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return nil, 0
	}
	defer s.Close()
	tables, _ := filepath.Glob(filepath.Join(dir, "tables/*.parquet"))
	for _, table := range tables {
		view := strings.TrimSuffix(filepath.Base(table), ".parquet")
		if err := s.Read().Parquet(table).CreateTempView(view); err != nil {
			t.Fatal(err)
		}
	}
	for i, st := range statements {
		if st.schema == "struct<>" && st.output == "" { // neither rows nor an error: run it for what it does
			_ = runSpark(s, st.text, nil)
			continue
		}
		counted++
		key := fmt.Sprintf("%s:%d", name, i+1)
		err := runSpark(s, st.text, &st)
		if err == nil {
			passed = append(passed, key)
			continue
		}
		if must[key] {
			t.Errorf("%s is lost: %v\n%s", key, err, st.text)
		} else if *sparkFile != "" {
			t.Logf("%s: %v\n%s", key, err, st.text)
		}
	}
	return passed, counted
}

// runSpark runs a statement; with want it compares.
func runSpark(s *kiln.Session, text string, want *sparkStatement) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	d := s.SQL(text)
	var rows []string
	err := d.Err()
	if err == nil {
		for row, e := range d.Rows(ctx) {
			if err = e; err != nil {
				break
			}
			rows = append(rows, hiveRow(row, s.Zone()))
		}
	}
	if want == nil {
		return nil
	}
	if err != nil {
		return compareSparkError(err, want)
	}
	if strings.Contains(want.output, "Exception\n{") {
		return fmt.Errorf("gave %d rows, want the error %s", len(rows), want.output)
	}
	if got := schemaText(d.Schema()); got != want.schema {
		return fmt.Errorf("schema %s, want %s", got, want.schema)
	}
	got := strings.Split(strings.TrimRight(strings.Join(rows, "\n"), " \n\t\r"), "\n")
	expected := strings.Split(want.output, "\n")
	slices.Sort(got)
	slices.Sort(expected)
	if !slices.Equal(got, expected) {
		return fmt.Errorf("rows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(expected, "\n"))
	}
	return nil
}

var (
	sparkCondition = regexp.MustCompile(`"(?:condition|errorClass)" : "([^"]*)"`)
	sparkState     = regexp.MustCompile(`"sqlState" : "([^"]*)"`)
)

func compareSparkError(err error, want *sparkStatement) error {
	condition := sparkCondition.FindStringSubmatch(want.output)
	if condition == nil {
		return fmt.Errorf("error %w, want rows", err)
	}
	var e *diag.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("error without a condition: %w", err)
	}
	if e.Condition != condition[1] {
		return fmt.Errorf("condition %s (%v), want %s", e.Condition, err, condition[1])
	}
	if state := sparkState.FindStringSubmatch(want.output); state != nil && e.SQLState != state[1] {
		return fmt.Errorf("SQLSTATE %s, want %s", e.SQLState, state[1])
	}
	return nil
}

// schemaText is a schema as the golden files print it.
func schemaText(t types.Type) string { return t.String() }

// hiveRow prints a row as Spark's suite does: Hive's way.
func hiveRow(r kiln.Row, zone *time.Location) string {
	parts := make([]string, r.Len())
	for i, f := range r.Schema().Fields() {
		parts[i] = hiveValue(r.Raw(i), f.Type, types.ZoneOf(zone), false)
	}
	return strings.Join(parts, "\t")
}

func hiveValue(v any, t types.Type, zone *types.Zone, nested bool) string {
	if v == nil {
		if nested {
			return "null"
		}
		return "NULL"
	}
	switch t.Kind {
	case types.String:
		if nested {
			return `"` + v.(string) + `"`
		}
		return v.(string)
	case types.Binary:
		return strings.ToValidUTF8(v.(string), "\uFFFD")
	case types.Array:
		var parts []string
		for _, e := range v.([]any) {
			parts = append(parts, hiveValue(e, t.Elem(), zone, true))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case types.Map:
		m := v.(types.MapValue)
		var parts []string
		for i := range m.Keys {
			parts = append(parts, hiveValue(m.Keys[i], t.Key(), zone, true)+":"+hiveValue(m.Values[i], t.Elem(), zone, true))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ",") + "}"
	case types.Struct:
		var parts []string
		for i, f := range t.Fields() {
			parts = append(parts, `"`+f.Name+`":`+hiveValue(v.([]any)[i], f.Type, zone, true))
		}
		return "{" + strings.Join(parts, ",") + "}"
	case types.YearMonthInterval:
		months := v.(int32)
		if t.End == types.FieldYear {
			months -= months % 12
		}
		return hiveMonths(months)
	case types.DayTimeInterval:
		// Spark's collect cuts what is finer than the last field of the type, though the value has it.
		units := [...]int64{types.MicrosPerDay, types.MicrosPerHour, types.MicrosPerMinute, 1}
		micros := v.(int64)
		return hiveDayTime(micros - micros%units[t.End])
	}
	return types.FormatValue(v, t, zone)
}

func hiveMonths(months int32) string {
	sign, n := "", int64(months)
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d-%d", sign, n/12, n%12)
}

func hiveDayTime(micros int64) string {
	sign := ""
	u := uint64(micros)
	if micros < 0 {
		sign, u = "-", -u
	}
	s := u / 1_000_000
	return fmt.Sprintf("%s%d %02d:%02d:%02d.%09d", sign, s/86400, s/3600%24, s/60%60, s%60, u%1_000_000*1000)
}
