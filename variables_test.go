package kiln_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/kilnql/kiln/diag"
)

// TestVariables has Spark's answers, in one session.
func TestVariables(t *testing.T) {
	t.Setenv("KILN_TEST_VARIABLE", "of the environment")
	s := open(t, nil)
	for _, c := range [][2]string{
		{"set myvar=5", "[myvar, 5]"},
		{"select ${myvar} as y, \"${myvar}\" as x", "[5, 5]"},
		{"select ${spark:myvar}, ${sparkconf:myvar}, ${hiveconf:myvar}, ${hivevar:myvar}", "[5, 5, 5, 5]"},
		{"select '${nosuch}', '${nosuch:myvar}', '${', '${}', '$', '${env:NO_SUCH}', '${system:nosuch}'", "[, ${nosuch:myvar}, ${, ${}, $, ${env:NO_SUCH}, ${system:nosuch}]"},
		{"set other=${myvar}", "[other, 5]"},
		{"select '${other}' -- ${nosuch}", "[5]"},
		{"select '${spark.sql.ansi.enabled}', '${ myvar }', '${myvar:}', '${:myvar}', '${SPARK:myvar}', '${Myvar}', '${env:A:B}'", "[true, ${ myvar }, , , ${SPARK:myvar}, , ${env:A:B}]"},
		{"select ${myvar}${myvar}", "[55]"},
		{"set loop=${loop}", "[loop, ]"},
		{"set spark.sql.variable.substitute=false", "[spark.sql.variable.substitute, false]"},
		{"set x1=${x2}", "[x1, ${x2}]"},
		{"set x2=${x1}", "[x2, ${x1}]"},
		{"set n=myvar", "[n, myvar]"},
		{"set n2=${myvar}", "[n2, ${myvar}]"},
		{"select '${myvar}'", "[${myvar}]"},
		{"set spark.sql.variable.substitute=true", "[spark.sql.variable.substitute, true]"},
		{"select '${n2}', '${${n}}', '${my\nvar}'", "[5, }, ${my\nvar}]"},
		{"select '${env:KILN_TEST_VARIABLE}', '${system:file.separator}'", "[of the environment, " + string(os.PathSeparator) + "]"},
	} {
		wantRows(t, c[0], s.SQL(c[0]), c[1])
		wantRows(t, c[0], s.SQLContext(context.Background(), c[0]), c[1])
	}
	wantCondition(t, "a circle", s.SQL("select '${x1}'").Err(), "INVALID_CONF_VALUE.CIRCULAR_REFERENCE")
	wantRows(t, "SelectExpr and Where", s.Range(0, 9, 1).Where("id = ${myvar}").SelectExpr("id + ${myvar}"), "[10]")

	err := s.SQL("select ${myvar} + nosuch").Err()
	var e *diag.Error
	if !errors.As(err, &e) || e.SQL != "select 5 + nosuch" {
		t.Fatal(err)
	}
	if line, column := e.Position(); line != 1 || column != 12 { // as in Spark, places are those of the text with the values
		t.Error(line, column)
	}
}

// A text that is kept is taken again for the same values alone.
func TestVariablesAndKeptTexts(t *testing.T) {
	s := open(t, nil)
	for _, value := range []string{"1", "2", "1"} {
		if err := s.Set("v", value); err != nil {
			t.Fatal(err)
		}
		wantRows(t, value, s.SQL("select ${v}"), "["+value+"]")
		p, err := s.Prepare("select ? + ${v}")
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"1": "[11]", "2": "[12]"}[value]
		wantRows(t, value, p.Query(context.Background(), 10), want)
	}
}
