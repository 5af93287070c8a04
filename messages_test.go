package kiln_test

import (
	"strings"
	"testing"

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
	wantCondition(t, "misspelled", s.SQL("SELECT from_jsn('{}')").Err(), "UNRESOLVED_ROUTINE")
	wantCondition(t, "of a database", s.SQL("SELECT default.from_json('{}')").Err(), "UNRESOLVED_ROUTINE")
}
