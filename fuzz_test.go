package kiln_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/internal/jsonrow"
)

const fuzzTable = `CREATE TEMP VIEW t AS SELECT * FROM VALUES (1, 2, 1.5D, 'a', true), (0, -1, -0.0D, '', false), (CAST(NULL AS INT), 7, CAST('NaN' AS DOUBLE), '12', CAST(NULL AS BOOLEAN)),
 (2147483647, CAST(NULL AS INT), CAST(NULL AS DOUBLE), CAST(NULL AS STRING), true), (-5, 3, 1e300D, 'Grüße', false) AS t(x, y, d, s, b)`

// FuzzSQL checks that no text makes the engine panic: there are rows, or an error with a condition.
func FuzzSQL(f *testing.F) {
	for _, path := range corpusPaths(f) {
		records, err := readCorpus(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, r := range records {
			f.Add(r.sql)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := open(t, map[string]string{"kiln.memory.limit": "64m", "kiln.files.allow": t.TempDir()})
		s.SQL(fuzzTable)
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		rows := 0
		d := s.SQL(text)
		err := d.Err()
		if err == nil {
			for _, e := range d.Rows(ctx) {
				if err = e; err != nil || rows > 1000 {
					break
				}
				rows++
			}
		}
		var e *diag.Error
		if err != nil && (!errors.As(err, &e) || e.Condition == "INTERNAL_ERROR") {
			t.Fatalf("%s: %v", text, err)
		}
	})
}

// exprMaker writes random typed expressions over the columns of t.
type exprMaker struct{ *rand.Rand }

func (m exprMaker) pick(of ...string) string { return of[m.IntN(len(of))] }

func (m exprMaker) number(depth int) string {
	if depth == 0 {
		return m.pick("x", "y", "0", "1", "-7", "CAST(NULL AS INT)", "length(s)")
	}
	a, b := m.number(depth-1), m.number(depth-1)
	return m.pick("("+a+" + "+b+")", "("+a+" - "+b+")", "("+a+" * "+b+")", "try_divide("+a+", "+b+")", "CASE WHEN "+m.condition(depth-1)+" THEN "+a+" ELSE "+b+" END",
		"coalesce("+a+", "+b+")", "if("+m.condition(depth-1)+", "+a+", "+b+")", "nullif("+a+", "+b+")", "("+a+" % "+b+")", "greatest("+a+", "+b+")", "abs("+a+")", "CAST("+a+" AS BIGINT)")
}

func (m exprMaker) text(depth int) string {
	if depth == 0 {
		return m.pick("s", "'a'", "''", "CAST(NULL AS STRING)", "'12'")
	}
	return m.pick("upper("+m.text(depth-1)+")", "("+m.text(depth-1)+" || "+m.text(depth-1)+")", "substring("+m.text(depth-1)+", 2)", "CAST("+m.number(depth-1)+" AS STRING)", "coalesce("+m.text(depth-1)+", 'z')")
}

func (m exprMaker) condition(depth int) string {
	if depth == 0 {
		return m.pick("b", "true", "x IS NULL", "x = y", "s = 'a'", "d > 1", "CAST(NULL AS BOOLEAN)")
	}
	a, b := m.condition(depth-1), m.condition(depth-1)
	return m.pick("("+a+" AND "+b+")", "("+a+" OR "+b+")", "(NOT "+a+")", "("+m.number(depth-1)+m.pick(" < ", " = ", " <> ", " >= ", " <=> ")+m.number(depth-1)+")", "("+m.text(depth-1)+m.pick(" < ", " = ", " LIKE ")+m.text(depth-1)+")",
		m.number(depth-1)+" IN (1, NULL, "+m.number(depth-1)+")", "("+a+") IS NOT TRUE", m.number(depth-1)+" BETWEEN -3 AND "+m.number(depth-1))
}

// outcome is a query's rows, or the condition of its error.
func outcome(s *kiln.Session, sql string) string {
	text, err := jsonrow.Document(context.Background(), s.SQL(sql))
	if err != nil {
		return "error " + diag.ConditionOf(err)
	}
	return string(text)
}

// FuzzExpressions evaluates a random expression fused, plain, without the optimizer and, row by row, as constants.
func FuzzExpressions(f *testing.F) {
	for seed := range uint64(150) {
		f.Add(seed)
	}
	f.Add(uint64(300))
	f.Fuzz(func(t *testing.T, seed uint64) {
		m := exprMaker{rand.New(rand.NewPCG(seed, 1))}
		var e string
		switch depth := 1 + m.IntN(4); m.IntN(3) {
		case 0:
			e = m.number(depth)
		case 1:
			e = m.text(depth)
		default:
			e = m.condition(depth)
		}
		s := open(t, nil)
		s.SQL(fuzzTable)
		sql := "SELECT " + e + " AS e FROM t"
		want := outcome(s, sql)
		if want == "error INTERNAL_ERROR" {
			t.Fatal(sql)
		}
		for _, conf := range []string{"kiln.exec.fusion=false", "kiln.optimizer.enabled=false", "kiln.exec.chunkSize=2"} {
			key, value, _ := strings.Cut(conf, "=")
			old, _ := s.Get(key)
			if err := s.Set(key, value); err != nil {
				t.Fatal(err)
			}
			got := outcome(s, sql)
			// The optimizer makes NULL of an operator with a literal NULL, as Spark's does, and what its other operand would have
			// raised is not raised.
			simplified := key == "kiln.optimizer.enabled" && strings.HasPrefix(got, "error ") && got != "error INTERNAL_ERROR" && !strings.HasPrefix(want, "error ")
			if got != want && !simplified {
				t.Errorf("%s: %s\n%s\nwant %s", conf, sql, got, want)
			}
			if err := s.Set(key, old); err != nil {
				t.Fatal(err)
			}
		}
		if strings.HasPrefix(want, "error") {
			return
		}
		folded := "SELECT " + e + " AS e FROM (SELECT 1 AS x, 2 AS y, 1.5D AS d, 'a' AS s, true AS b)"
		first := outcome(s, "SELECT "+e+" AS e FROM t WHERE s = 'a'")
		if got := outcome(s, folded); !sameRows(got, first) {
			t.Errorf("folded: %s\n%s\nwant %s", folded, got, first)
		}
	})
}

// sameRows compares outcomes but for their columns.
func sameRows(a, b string) bool {
	_, a, _ = strings.Cut(a, `"rows":`)
	_, b, _ = strings.Cut(b, `"rows":`)
	return a == b
}

// TestPredicatesPartitionTheRows checks p, NOT p and p IS NULL against all rows, and a filter against its CASE.
func TestPredicatesPartitionTheRows(t *testing.T) {
	s := open(t, nil)
	s.SQL(fuzzTable)
	m := exprMaker{rand.New(rand.NewPCG(4, 2))}
	one := func(sql string) (string, error) {
		rows, err := s.SQL(sql).Collect(context.Background())
		if err != nil {
			return "", err
		}
		return rows[0].String(), nil
	}
	for range 200 {
		p := m.condition(1 + m.IntN(3))
		parts, err := one(fmt.Sprintf("SELECT count(*), sum(y), count(s) FROM (SELECT * FROM t WHERE %s UNION ALL SELECT * FROM t WHERE NOT %s UNION ALL SELECT * FROM t WHERE (%s) IS NULL)", p, p, p))
		if err != nil {
			if c := diag.ConditionOf(err); c == "" || c == "INTERNAL_ERROR" {
				t.Errorf("%s: %v", p, err)
			}
			continue
		}
		if parts != "[5, 11, 4]" {
			t.Errorf("%s: parts %s", p, parts)
		}
		count, err1 := one("SELECT count(*) FROM t WHERE " + p)
		sum, err2 := one("SELECT sum(CASE WHEN " + p + " THEN 1 ELSE 0 END) FROM t")
		if err1 != nil || err2 != nil || count != sum {
			t.Errorf("%s: %s rows, sum %s, %v %v", p, count, sum, err1, err2)
		}
	}
}
