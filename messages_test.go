package kiln_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/diag"
)

// TestFunctionsOfSparkThatAreMissing: they are named as unsupported, and misspellings are not.
func TestFunctionsOfSparkThatAreMissing(t *testing.T) {
	s := open(t, nil)
	for call, feature := range map[string]string{
		"from_json('{}', 'a int')":          "the function from_json",
		"system.builtin.GET_JSON_OBJECT(1)": "the function get_json_object",
		"json_tuple('{}', 'a')":             "the generator function json_tuple",
		"hll_sketch_agg(1)":                 "the function hll_sketch_agg",
		"xpath_int('<a/>', 'a')":            "the function xpath_int",
		"histogram_numeric(1, 2) OVER ()":   "the function histogram_numeric",
	} {
		err := s.SQL("SELECT " + call).Err()
		if diag.ConditionOf(err) != "UNSUPPORTED_FEATURE" || !strings.Contains(err.Error(), feature+".") {
			t.Errorf("%s: %v", call, err)
		}
	}
	wantCondition(t, "in FROM", s.SQL("SELECT * FROM sql_keywords()").Err(), "UNSUPPORTED_FEATURE")
	wantMessage(t, "described", s.SQL("DESCRIBE FUNCTION FROM_JSON").Err(), "UNSUPPORTED_FEATURE", "the function from_json.")
	wantCondition(t, "misspelled", s.SQL("SELECT from_jsn('{}')").Err(), "UNRESOLVED_ROUTINE")
	wantCondition(t, "of a database", s.SQL("SELECT default.from_json('{}')").Err(), "UNRESOLVED_ROUTINE")
}

// wantMessage checks a condition and what the text of the error has to contain.
func wantMessage(t *testing.T, what string, err error, condition string, parts ...string) {
	t.Helper()
	wantCondition(t, what, err, condition)
	for _, part := range parts {
		if err != nil && !strings.Contains(err.Error(), part) {
			t.Errorf("%s: no %q in %v", what, part, err)
		}
	}
}

// TestMessagesOfTypedRows: what T may be, and which field of it has no column.
func TestMessagesOfTypedRows(t *testing.T) {
	type person struct {
		Nam string
		Age int64
	}
	d := open(t, nil).SQL("SELECT 'a' AS name, 1L AS age")
	const may = "T must be a struct, kiln.Row, or the type of the single column"
	_, err := typedRows[*person](d)
	wantMessage(t, "pointer", err, "UNSUPPORTED_DESERIALIZER.FIELD_NUMBER_MISMATCH", "to Go *kiln_test.person,", may)
	_, err = typedRows[map[string]any](d)
	wantMessage(t, "map", err, "UNSUPPORTED_DESERIALIZER.FIELD_NUMBER_MISMATCH", "to Go map[string]interface {},", may)
	_, err = typedRows[int](d)
	wantMessage(t, "int", err, "UNSUPPORTED_DESERIALIZER.FIELD_NUMBER_MISMATCH", "to Go int,", may)
	_, err = typedRows[person](d)
	wantMessage(t, "field", err, "UNRESOLVED_COLUMN.WITH_SUGGESTION", "field Nam of kiln_test.person", "`kiln:\"column\"`")
}

// TestRowsWithNames: as in PySpark, names may be given without types. An int is a bigint, as in a slice of structs.
func TestRowsWithNames(t *testing.T) {
	s := open(t, nil)
	rows := [][]any{{1, "x", nil, []any{int32(1)}}, {nil, "y", 1.5, nil}}
	d := s.CreateDataFrame(rows, "a", "b", "c", "d")
	wantRows(t, "names", d, "[1, x, NULL, [1]]", "[NULL, y, 1.5, NULL]")
	if got := d.Schema().String(); got != "struct<a:bigint,b:string,c:double,d:array<int>>" {
		t.Error(got)
	}
	wantColumns(t, "no names", s.CreateDataFrame(rows), "_1", "_2", "_3", "_4")
	wantColumns(t, "one name", s.CreateDataFrame([][]any{{1}}, "a"), "a")
	wantMessage(t, "one name for two", s.CreateDataFrame([]struct{ A, B int }{{1, 2}}, "x").Err(), "ASSIGNMENT_ARITY_MISMATCH", "aliased: 1 does", "expressions: 2.")
}

// TestMessagesOfMarkers: which value is missing, where, and how it is given.
func TestMessagesOfMarkers(t *testing.T) {
	s := open(t, nil)
	wantMessage(t, "chan", s.SQL("SELECT ?", make(chan int)).Err(), "UNSUPPORTED_FEATURE.LITERAL_TYPE", "Literal of type chan int.")
	p, err := s.Prepare("SELECT id FROM range(3) WHERE id > :q")
	if err != nil {
		t.Fatal(err)
	}
	wantMessage(t, ":q", p.Query(context.Background(), 15).Err(), "UNBOUND_SQL_PARAMETER", "parameter: q.", `kiln.Named("q", value)`, "\n"+strings.Repeat(" ", 35)+"^^")
	wantMessage(t, "?", s.SQL("SELECT ?, ?", 1).Err(), "UNBOUND_SQL_PARAMETER", "parameter: _10.", "\nSELECT ?, ?\n          ^")
}

// TestHintsForFiles: a path that stands in FROM in another form than kiln's.
func TestHintsForFiles(t *testing.T) {
	s := open(t, nil)
	const hint = "\nHint: a file's path is written in single quotes"
	for from, condition := range map[string]string{
		`"p.parquet"`: "PARSE_SYNTAX_ERROR", "p.parquet": "TABLE_OR_VIEW_NOT_FOUND", "`p.parquet`": "TABLE_OR_VIEW_NOT_FOUND",
		"read_parquet('p.parquet')": "UNRESOLVABLE_TABLE_VALUED_FUNCTION", "parquet_scan('p.parquet')": "UNRESOLVABLE_TABLE_VALUED_FUNCTION",
	} {
		wantMessage(t, from, s.SQL("SELECT * FROM "+from).Err(), condition, hint, "FROM 'p.parquet'")
	}
	for _, path := range []string{"./p.parquet", "/data/p.parquet", "a/b/p.parquet", "~/p.parquet", "../p.parquet"} {
		wantMessage(t, path, s.SQL("SELECT * FROM "+path+" WHERE true").Err(), "PARSE_SYNTAX_ERROR", hint, "FROM '"+path+"'")
	}
	if err := s.SQL("SELECT * FROM nosuch").Err(); strings.Contains(err.Error(), "Hint") {
		t.Error(err)
	}
}

// TestSuggestionsAreShownOnce: in the message, if it has a place for them, and else below it.
func TestSuggestionsAreShownOnce(t *testing.T) {
	s := open(t, nil)
	if err := s.SQL("CREATE TEMPORARY VIEW lineitem AS SELECT 1 AS id").Err(); err != nil {
		t.Fatal(err)
	}
	wantMessage(t, "view", s.SQL("SELECT * FROM lineitm").Err(), "TABLE_OR_VIEW_NOT_FOUND", "\nDid you mean: lineitem?")
	err := s.SQL("SELECT x.id FROM lineitem p").Err()
	wantMessage(t, "column", err, "UNRESOLVED_COLUMN.WITH_SUGGESTION", "Did you mean one of the following? [`p`.`id`]")
	if strings.Count(err.Error(), "Did you mean") != 1 {
		t.Error(err)
	}
}

// TestUnknownSettings: kiln's own keys are known; those of Spark that have no effect are kept with a warning.
func TestUnknownSettings(t *testing.T) {
	var log bytes.Buffer
	s, err := kiln.Open(kiln.NewConfig().WithoutDefaults().WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, command := range []string{"SET kiln.memory.limt", "RESET kiln.memory.limt", "SET kiln.memory.limt=1g"} {
		wantMessage(t, command, s.SQL(command).Err(), "UNKNOWN_CONFIGURATION", "Did you mean kiln.memory.limit")
	}
	wantRows(t, "kept", s.SQL("SET spark.sql.adaptive.enabled=false"), "[spark.sql.adaptive.enabled, false]")
	if !strings.Contains(log.String(), "the setting spark.sql.adaptive.enabled is kept and has no effect here") {
		t.Errorf("%q", log.String())
	}
	wantRows(t, "of kiln", s.SQL("SET spark.sql.ansi.enabled=true"), "[spark.sql.ansi.enabled, true]")
	if strings.Contains(log.String(), "ansi") {
		t.Errorf("%q", log.String())
	}
}

// TestPlacesOfUnsupportedOperators: what is refused when it is about to run has its place too.
func TestPlacesOfUnsupportedOperators(t *testing.T) {
	s := open(t, nil)
	for text, caret := range map[string]string{
		"SELECT sum(id) OVER () FROM range(3)":                "\n       ^^^^^^^^^^^^^^^",
		"SELECT * FROM (SELECT 1) TABLESAMPLE (50 PERCENT) t": "\n              ^^^^",
	} {
		_, err := s.SQL(text).Collect(t.Context())
		if err != nil && diag.ConditionOf(err) != "UNSUPPORTED_FEATURE" {
			t.Errorf("%s: %v", text, err)
		}
		if err != nil && !strings.Contains(err.Error(), caret) {
			t.Errorf("%s: no place in %v", text, err)
		}
	}
}
