package kiln_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/diag"
)

// Errors of commands have a place, those in a view's text the place in the statement that made the view.
func TestErrorsOfCommandsHaveAPlace(t *testing.T) {
	for _, c := range []struct {
		statements string // the last one fails
		condition  string
		column     int
	}{
		{"SHOW COLUMNS FROM nope", "TABLE_OR_VIEW_NOT_FOUND", 1},
		{"DROP VIEW nope", "TABLE_OR_VIEW_NOT_FOUND", 1},
		{"SHOW TABLES IN nope", "SCHEMA_NOT_FOUND", 1},
		{"USE nope", "SCHEMA_NOT_FOUND", 1},
		{"SET spark.sql.ansi.enabled=maybe", "INVALID_CONF_VALUE.TYPE_MISMATCH", 1},
		{"CREATE TEMP VIEW x(a, b) AS SELECT 1", "CREATE_VIEW_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS", 1},
		{"CREATE TEMP VIEW x(a) AS SELECT 1, 2", "CREATE_VIEW_COLUMN_ARITY_MISMATCH.TOO_MANY_DATA_COLUMNS", 1},
		{"CREATE TEMP VIEW x AS SELECT 1 a, 2 A", "COLUMN_ALREADY_EXISTS", 1},
		{"CREATE TEMP VIEW x AS SELECT nope FROM range(1)", "UNRESOLVED_COLUMN.WITH_SUGGESTION", 30},
		{"EXPLAIN SELECT nope FROM range(1)", "UNRESOLVED_COLUMN.WITH_SUGGESTION", 16},
		{"CREATE TEMP VIEW x AS SELECT 1 a; DESCRIBE x b", "COLUMN_NOT_FOUND", 1},
		{"CREATE TEMP VIEW a AS SELECT 1 x; CREATE TEMP VIEW v AS SELECT x FROM a; CREATE OR REPLACE TEMP VIEW a AS SELECT 1 y; SELECT * FROM v",
			"UNRESOLVED_COLUMN.WITH_SUGGESTION", 30},
	} {
		s := open(t, nil)
		var err error
		for _, statement := range strings.Split(c.statements, "; ") {
			if err != nil {
				t.Errorf("%s: %v", c.statements, err)
			}
			err = s.SQL(statement).Err()
		}
		var e *diag.Error
		if !errors.As(err, &e) || e.Condition != c.condition {
			t.Errorf("%s: %v", c.statements, err)
			continue
		}
		if line, column := e.Position(); line != 1 || column != c.column {
			t.Errorf("%s: line %d, column %d", c.statements, line, column)
		}
	}
}

// Hints without effect are warnings with a place, and the query runs.
func TestHintsWithoutEffectAreWarnings(t *testing.T) {
	var log bytes.Buffer
	s, err := kiln.Open(kiln.NewConfig().WithoutDefaults().WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for query, want := range map[string]string{
		"SELECT /*+ BROADCAS(t) */ id FROM range(2) t":                     "unknown hint BROADCAS is ignored; did you mean BROADCAST?",
		"SELECT /*+ FOO */ id FROM range(2) t":                             "unknown hint FOO is ignored\\n== SQL (line 1, position 12) ==",
		"SELECT /*+ BROADCAST(u) */ id FROM range(2) t":                    "FROM has no relation `u`",
		"SELECT /*+ BROADCAST(t), REPARTITION(2) */ id FROM range(2) t":    "",
		"SELECT /*+ MERGE(t, u) */ t.id FROM range(2) t JOIN range(1) u":   "",
		"SELECT /*+ COALESCE(1) */ id FROM range(2) t WHERE id IN (0, 77)": "",
	} {
		log.Reset()
		if _, err := s.SQL(query).Collect(context.Background()); err != nil {
			t.Error(query, err)
		}
		if want == "" && log.Len() > 0 || !strings.Contains(log.String(), want) {
			t.Errorf("%s: log %q, want %q", query, log.String(), want)
		}
	}
}
