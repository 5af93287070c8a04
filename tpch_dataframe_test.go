package kiln_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/internal/testenv"
	"github.com/kilnql/kiln/internal/tpch"
)

func TestTPCHAsDataFrames(t *testing.T) {
	for mode, conf := range tpchModes() {
		if mode == "optimizer off" && tpchScale() != "0.01" {
			continue
		}
		t.Run(mode, func(t *testing.T) {
			s := openTPCH(t, tpchScale(), conf)
			for i, query := range tpch.Queries {
				t.Run(fmt.Sprintf("Q%d", i+1), func(t *testing.T) {
					if err := testenv.Compare(testenv.TPCHAnswer(t, tpchScale(), i+1), answerOf(t, query(s))); err != nil {
						t.Error(err)
					}
				})
			}
		})
	}
}

// TestTPCHSamePlan asks each query in SQL and in DataFrame calls: the optimized plan is the same.
func TestTPCHSamePlan(t *testing.T) {
	s := openTPCH(t, "0.01", nil)
	for i, query := range tpch.Queries {
		t.Run(fmt.Sprintf("Q%d", i+1), func(t *testing.T) {
			inSQL, inCalls, same, err := kiln.ComparePlans(context.Background(), s.SQL(testenv.TPCHQuery(t, i+1)), query(s))
			if err != nil {
				t.Fatal(err)
			}
			if !same {
				t.Errorf("SQL\n%s\nDataFrame\n%s", inSQL, inCalls)
			}
		})
	}
}

// TestTPCHProgramsHoldNoSQL reads the source of the DataFrame programs.
func TestTPCHProgramsHoldNoSQL(t *testing.T) {
	source, err := os.ReadFile(testenv.Path(t, "internal/tpch/tpch.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, forbidden := range []string{".SQL(", "SelectExpr", "Expr(", "CreateTempView", "CreateOrReplaceTempView", "SELECT", "select ", "Where(\"", "Filter(\""} {
		if strings.Contains(string(source), forbidden) {
			t.Errorf("the programs hold %q", forbidden)
		}
	}
}
