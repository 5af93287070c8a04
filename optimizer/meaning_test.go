package optimizer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/logical/analysis"
	"github.com/kilnql/kiln/sql"
	"github.com/kilnql/kiln/types"
)

// memory is a catalog of tables with rows.
type memory map[string]*rows

func (c memory) ResolveTable(_ context.Context, name []string) (analysis.Relation, error) {
	if t, ok := c[name[len(name)-1]]; ok {
		return analysis.Relation{Table: t}, nil
	}
	return analysis.Relation{}, nil
}
func (c memory) OpenFiles(context.Context, *ast.FileTable) (source.Table, error) {
	return nil, errors.New("there are no files")
}
func (c memory) TableNames() []string { return nil }

// randomTables are o(a, b, c), t(k, v, w) and u(x, y) with few different values and many nulls; e is empty.
func randomTables(r *rand.Rand) memory {
	c := memory{}
	for name, columns := range map[string][]string{"o": {"a", "b", "c"}, "t": {"k", "v", "w"}, "u": {"x", "y"}, "e": {"p", "q"}} {
		var fields []types.Field
		for _, column := range columns {
			fields = append(fields, types.Field{Name: column, Type: types.LongType, Nullable: true})
		}
		table := &rows{name: name, schema: types.StructType(fields...)}
		if name != "e" {
			for range 1 + r.IntN(7) {
				values := make([]any, len(columns))
				for i := range values {
					if r.IntN(5) > 0 {
						values[i] = int64(r.IntN(4))
					}
				}
				table.data = append(table.data, values)
			}
		}
		c[name] = table
	}
	return c
}

// TestMeaning compares what a query means before and after optimization, over random tables: the queries of
// testdata/meaning.sql, with all rules, with the required ones, and with one optional rule left out, in turn.
func TestMeaning(t *testing.T) {
	text, err := os.ReadFile("testdata/meaning.sql")
	if err != nil {
		t.Fatal(err)
	}
	var optional []string
	for _, r := range Rules() {
		if !r.Required {
			optional = append(optional, r.Name)
		}
	}
	fired := map[string]bool{}
	r := rand.New(rand.NewPCG(1, 2))
	for i, query := range strings.Split(string(text), ";\n") {
		if query = strings.TrimSpace(query); query == "" {
			continue
		}
		for round := range 24 {
			o := Options{Enabled: round%3 != 1}
			if round%3 == 2 {
				o.Disabled = []string{optional[(i*8+round/3)%len(optional)]}
			}
			if err := sameMeaning(randomTables(r), query, o, fired); err != nil {
				t.Errorf("%s\nenabled %v, disabled %v: %v", query, o.Enabled, o.Disabled, err)
				break
			}
		}
	}
	// Those rules need what the interpreter has not: files, windows, structs, repartitions.
	apart := []string{"PushFilterToScan", "PushFilterWindow", "PruneFields", "MetadataAggregates", "PushFilterUnary", "UnwrapCasts"}
	for _, name := range optional {
		if !fired[name] && !slices.Contains(apart, name) {
			t.Errorf("no query makes the rule %s change its plan", name)
		}
	}
}

func sameMeaning(c memory, query string, o Options, fired map[string]bool) error {
	s, err := sql.ParseStatement(query)
	if err != nil {
		return err
	}
	o.IDs, o.Settings, o.Check = &logical.IDs{}, settings(), true
	a := &analysis.Analyzer{Catalog: c, Settings: o.Settings, IDs: o.IDs, Functions: functions{}}
	plan, err := a.Query(context.Background(), s.Query)
	if err != nil {
		return err
	}
	last := "the binder"
	var steps []string
	o.Trace = func(rule string, _, after logical.Node, _ time.Duration) {
		last = rule
		fired[rule] = true
		steps = append(steps, rule)
	}
	want, wantErr := interpret(plan, row{})
	optimized, err := Optimize(plan, o)
	if err != nil {
		return err
	}
	got, gotErr := interpret(optimized, row{})
	if problem := unexecutableSubqueries(optimized); problem != "" {
		return fmt.Errorf("%s\n%s", problem, logical.Format(optimized))
	}
	if gotErr != nil || wantErr != nil {
		if errors.Is(wantErr, errTooManyRows) == errors.Is(gotErr, errTooManyRows) && (gotErr == nil) == (wantErr == nil) {
			return nil
		}
		return fmt.Errorf("error %v, want %v\n%s\n%s", gotErr, wantErr, logical.Format(plan), logical.Format(optimized))
	}
	sorted := strings.Contains(strings.ToUpper(query), "ORDER BY") && !strings.Contains(query, "(SELECT")
	if a, b := texts(want, sorted), texts(got, sorted); !slices.Equal(a, b) {
		return fmt.Errorf("rows %v, want %v (last rule %s of %v)\ntables %s\n%s\n%s", b, a, last, steps, c.dump(), logical.Format(plan), logical.Format(optimized))
	}
	return nil
}

func unexecutableSubqueries(plan logical.Node) string {
	if p := unexecutable(plan); p != "" && !strings.HasPrefix(p, "a product") {
		return p
	}
	return ""
}

func texts(rows [][]any, ordered bool) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = fmt.Sprint(r...)
	}
	if !ordered {
		sort.Strings(out)
	}
	return out
}

func (c memory) dump() string {
	var parts []string
	for name, t := range c {
		parts = append(parts, fmt.Sprintf("%s%v", name, t.data))
	}
	sort.Strings(parts)
	return strings.Join(parts, " ")
}
