package kiln_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/internal/jsonrow"
	"github.com/kilnql/kiln/internal/testenv"
	"github.com/kilnql/kiln/optimizer"
)

// tpchScale is the scale that the environment asks for: 0.01, which the repository holds, unless KILN_TPCH_SCALE says
// otherwise (make test-tpch).
func tpchScale() string {
	if scale := os.Getenv("KILN_TPCH_SCALE"); scale != "" {
		return scale
	}
	return "0.01"
}

// openTPCH opens a session with the TPC-H tables as views.
func openTPCH(t testing.TB, scale string, conf map[string]string) *kiln.Session {
	t.Helper()
	s := open(t, conf)
	dir := testenv.TPCHDir(t, scale)
	for _, table := range testenv.TPCHTables {
		if err := s.Read().Parquet(filepath.Join(dir, table+".parquet")).CreateTempView(table); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// answerOf runs a DataFrame and puts its result in the form of the answers that Spark gave.
func answerOf(t testing.TB, d *kiln.DataFrame) testenv.Answer {
	t.Helper()
	text, err := jsonrow.Document(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	a, err := testenv.ParseAnswer(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// tpchModes are the ways of running that must all give the same answers.
func tpchModes() map[string]map[string]string {
	return map[string]map[string]string{
		"fused, 2 workers": {"kiln.master": "local[2]"},
		"fused, 1 worker":  {"kiln.master": "local[1]"},
		"plain, 2 workers": {"kiln.master": "local[2]", "kiln.exec.fusion": "false"},
		"plain, 1 worker":  {"kiln.master": "local[1]", "kiln.exec.fusion": "false"},
		"optimizer off":    {"kiln.master": "local[2]", "kiln.optimizer.enabled": "false"},
		"checked":          {"kiln.master": "local[2]", "kiln.optimizer.check": "true"},
	}
}

func TestTPCHInSQL(t *testing.T) {
	for mode, conf := range tpchModes() {
		t.Run(mode, func(t *testing.T) {
			if mode == "optimizer off" && tpchScale() != "0.01" {
				t.Skip("without the optimizer, joins of whole tables are not for scale 1")
			}
			s := openTPCH(t, tpchScale(), conf)
			for n := 1; n <= testenv.TPCHQueries; n++ {
				t.Run(fmt.Sprintf("Q%d", n), func(t *testing.T) {
					got := answerOf(t, s.SQL(testenv.TPCHQuery(t, n)))
					if err := testenv.Compare(testenv.TPCHAnswer(t, tpchScale(), n), got); err != nil {
						t.Error(err)
					}
				})
			}
		})
	}
}

// TestTPCHWithoutEachRule runs all queries with each optional rule disabled in turn: a rule may make a query faster, never
// right.
func TestTPCHWithoutEachRule(t *testing.T) {
	if testing.Short() || tpchScale() != "0.01" {
		t.Skip("only at scale 0.01")
	}
	for _, rule := range optimizer.Rules() {
		if rule.Required {
			continue
		}
		t.Run(rule.Name, func(t *testing.T) {
			s := openTPCH(t, "0.01", map[string]string{"kiln.master": "local[2]", "kiln.optimizer.disabledRules": rule.Name})
			for n := 1; n <= testenv.TPCHQueries; n++ {
				got := answerOf(t, s.SQL(testenv.TPCHQuery(t, n)))
				if err := testenv.Compare(testenv.TPCHAnswer(t, "0.01", n), got); err != nil {
					t.Errorf("Q%d: %v", n, err)
				}
			}
		})
	}
}
