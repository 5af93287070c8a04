package optimizer

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

func TestTable(t *testing.T) {
	place := map[string]int{}
	for i, r := range Rules() {
		if r.Name == "" || r.Batch == "" || r.Doc == "" {
			t.Errorf("row %d of the table is incomplete: %+v", i, r)
		}
		place[r.Name] = i + 1
	}
	for _, pair := range mustPrecede {
		first, second := place[pair[0]], place[pair[1]]
		if first == 0 || second == 0 || first >= second {
			t.Errorf("%s must precede %s: rows %d and %d", pair[0], pair[1], first, second)
		}
	}
	for _, b := range batches {
		seen := map[string]bool{}
		for _, r := range b.rules {
			if seen[r.name] {
				t.Errorf("batch %s has the rule %s twice", b.name, r.name)
			}
			seen[r.name] = true
		}
	}
}

// withBatches runs the optimizer with other rules.
func withBatches(t *testing.T, b []batch, o Options) (logical.Node, error) {
	saved := batches
	batches = b
	defer func() { batches = saved }()
	o.IDs, o.Check = &logical.IDs{}, true
	plan, err := bind(tpch, "SELECT n_name FROM nation WHERE n_nationkey > 1", o.IDs)
	if err != nil {
		t.Fatal(err)
	}
	return Optimize(plan, o)
}

// TestCheckedMode proves that checks can fail, and that they name the culprit.
func TestCheckedMode(t *testing.T) {
	onFilter := func(f func(*logical.Filter, *Context) (logical.Node, bool)) func(logical.Node, *Context) (logical.Node, bool) {
		return func(n logical.Node, c *Context) (logical.Node, bool) {
			if filter, ok := n.(*logical.Filter); ok {
				return f(filter, c)
			}
			return n, false
		}
	}
	cases := []struct {
		name string
		once bool
		rule func(logical.Node, *Context) (logical.Node, bool)
		want string
	}{
		{"Lies", true, onFilter(func(n *logical.Filter, _ *Context) (logical.Node, bool) { return n.Input, false }), "did not change"},
		{"LosesColumn", true, onFilter(func(n *logical.Filter, _ *Context) (logical.Node, bool) {
			return &logical.Project{Input: n}, true
		}), "not in the input"},
		{"DropsOutput", true, func(n logical.Node, _ *Context) (logical.Node, bool) {
			if p, ok := n.(*logical.Project); ok && len(p.Items) > 0 {
				return &logical.Project{Input: p.Input}, true
			}
			return n, false
		}, "output columns"},
		{"Grows", true, onFilter(func(n *logical.Filter, _ *Context) (logical.Node, bool) {
			return &logical.Filter{Input: n.Input, Condition: expr.Conjunction(n.Condition, booleanLiteral(true))}, true
		}), "not idempotent"},
		{"NeverRests", false, onFilter(func(n *logical.Filter, _ *Context) (logical.Node, bool) {
			return &logical.Filter{Input: n.Input, Condition: n.Condition}, true
		}), "does not come to rest"},
	}
	for _, c := range cases {
		_, err := withBatches(t, []batch{{"Test", c.once, []rule{{c.name, bottomUp, optional, c.rule, "a bad rule"}}}}, Options{Enabled: true})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("rule %s: error %v, want %q", c.name, err, c.want)
			continue
		}
		if c.once && !strings.Contains(err.Error(), c.name) {
			t.Errorf("the error does not name rule %s: %v", c.name, err)
		}
	}
}

func TestDisabled(t *testing.T) {
	fired := func(o Options) (rules []string) {
		o.IDs = &logical.IDs{}
		plan, err := bind(tpch, "SELECT n_name FROM nation, region WHERE n_regionkey = r_regionkey AND n_nationkey > 1", o.IDs)
		if err != nil {
			t.Fatal(err)
		}
		o.Trace = func(rule string, before, after logical.Node, took time.Duration) {
			if before == after || took < 0 {
				t.Errorf("rule %s: traced without a change", rule)
			}
			rules = append(rules, rule)
		}
		if _, err := Optimize(plan, o); err != nil {
			t.Fatal(err)
		}
		return rules
	}
	if r := fired(Options{Enabled: true, Disabled: []string{" prunecolumns", "FormJoins", "NoSuchRule"}}); !slices.Contains(r, "FormJoins") || slices.Contains(r, "PruneColumns") {
		t.Errorf("rules that ran with PruneColumns and the required FormJoins disabled: %v", r)
	}
	if r := fired(Options{}); !slices.Equal(r, []string{"FormJoins"}) {
		t.Errorf("rules that ran with the optimizer off: %v", r)
	}
}

// TestLongConditions optimizes conditions of thousands of terms: nothing may take the square of their number.
func TestLongConditions(t *testing.T) {
	var or, and []string
	for i := range 3000 {
		or = append(or, fmt.Sprintf("n_nationkey = %d OR n_regionkey < %d", i, i))
		and = append(and, fmt.Sprintf("(n_nationkey <> %d OR n_name = 'x%d')", i, i))
	}
	for _, condition := range []string{strings.Join(or, " OR "), strings.Join(and, " AND ")} {
		o := Options{Enabled: true, IDs: &logical.IDs{}}
		plan, err := bind(tpch, "SELECT n_name FROM nation JOIN region ON n_regionkey = r_regionkey WHERE "+condition, o.IDs)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err := Optimize(plan, o); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("a condition of 3,000 terms took %v", took)
		}
	}
}

// BenchmarkTPCH optimizes all 22 queries.
func BenchmarkTPCH(b *testing.B) {
	for b.Loop() {
		for query, text := range tpchQueries(b) {
			ids := &logical.IDs{}
			plan, err := bind(tpch, text, ids)
			if err != nil {
				b.Fatal(query, err)
			}
			if _, err := Optimize(plan, Options{Enabled: true, IDs: ids}); err != nil {
				b.Fatal(query, err)
			}
		}
	}
}
