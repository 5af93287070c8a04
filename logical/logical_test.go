package logical

import (
	"context"
	"strings"
	"testing"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

type emptyTable struct{}

func (emptyTable) Name() string                   { return "t" }
func (emptyTable) Schema() types.Type             { return types.StructType() }
func (emptyTable) Statistics() *source.Statistics { return &source.Statistics{Rows: -1} }
func (emptyTable) Scan(context.Context, *source.Request) (source.Scan, error) {
	return nil, nil
}

func scan(ids *IDs, names ...string) *Scan {
	n := &Scan{Table: emptyTable{}, Limit: -1}
	for i, name := range names {
		n.Output = append(n.Output, ScanColumn{Column: Column{ID: ids.Next(), Name: name, Type: types.IntType, Nullable: i > 0}, Path: []int{i}})
	}
	return n
}

func literal(v int32) expr.Expr { return &expr.Literal{Base: expr.Base{Typ: types.IntType}, Value: v} }

func greater(l, r expr.Expr) expr.Expr {
	return &expr.Comparison{Base: expr.Base{Typ: types.BooleanType, Null: l.Nullable() || r.Nullable()}, Op: expr.Greater, Left: l, Right: r}
}

// sample is Project over Filter over Scan with a correlated EXISTS.
func sample(ids *IDs, limit int32) Node {
	outer, inner := scan(ids, "a", "b"), scan(ids, "x", "y")
	a := outer.Columns()[0].Ref()
	exists := &expr.Subquery{Base: expr.Base{Typ: types.BooleanType}, Kind: expr.ExistsSubquery, Outer: []*expr.Column{a},
		Plan: Node(&Filter{Input: inner, Condition: greater(inner.Columns()[1].Ref(), a)})}
	filter := &Filter{Input: outer, Condition: expr.Conjunction(greater(a, literal(limit)), exists)}
	return &Project{Input: filter, Items: []Named{{ID: ids.Next(), Name: "c", Expr: outer.Columns()[1].Ref()}}}
}

func TestFormat(t *testing.T) {
	want := `Project [b#2 AS c#5]
+- Filter ((a#1 > 3) AND exists(subquery))
   :  +- Filter (y#4 > a#1)
   :     +- Scan t [x#3, y#4]
   +- Scan t [a#1, b#2]
`
	if got := Format(sample(&IDs{}, 3)); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestSameAndFreshCopy(t *testing.T) {
	ids := &IDs{}
	plan, other := sample(ids, 3), sample(ids, 3)
	if !Same(plan, other) {
		t.Error("plans that differ in numbering only are not the same")
	}
	if Same(plan, sample(ids, 4)) {
		t.Error("plans with other literals are the same")
	}
	fresh, renamed := FreshCopy(plan, ids)
	if err := Check(fresh); err != nil {
		t.Error(err)
	}
	if !Same(plan, fresh) || len(renamed) != 5 {
		t.Errorf("%d IDs renamed:\n%s", len(renamed), Format(fresh))
	}
	for _, c := range Made(fresh) {
		for _, old := range Made(plan) {
			if c == old {
				t.Errorf("ID %d is in both", c)
			}
		}
	}
	// a > b and a > a differ though each column pairs with one.
	s := scan(ids, "a", "b")
	a, b := s.Columns()[0].Ref(), s.Columns()[1].Ref()
	if Same(&Filter{Input: s, Condition: greater(a, b)}, &Filter{Input: s, Condition: greater(a, a)}) {
		t.Error("a column that stands for two is not noticed")
	}
}

func TestCommonPlanIsSharedByCopies(t *testing.T) {
	ids := &IDs{}
	s := scan(ids, "a")
	use := func() Node {
		return &CommonPlan{Key: 1, Definition: s, Output: []Column{{ID: ids.Next(), Name: "a", Type: types.IntType}}}
	}
	plan := &Join{Type: Cross, Left: use(), Right: use()}
	if err := Check(plan); err != nil {
		t.Error(err)
	}
	fresh, _ := FreshCopy(plan, ids)
	if fresh.(*Join).Left.(*CommonPlan).Definition != Node(s) {
		t.Error("the copy has a definition of its own")
	}
}

func TestColumns(t *testing.T) {
	ids := &IDs{}
	left, right := scan(ids, "a", "b"), scan(ids, "c")
	for join, want := range map[JoinType]string{
		Inner: "a b? c", LeftOuter: "a b? c?", RightOuter: "a? b? c", FullOuter: "a? b? c?", LeftSemi: "a b?", LeftAnti: "a b?", LeftMark: "a b? m",
	} {
		n := &Join{Type: join, Left: left, Right: right, Mark: Column{ID: 99, Name: "m", Type: types.BooleanType}}
		var got []string
		for _, c := range n.Columns() {
			name := c.Name
			if c.Nullable {
				name += "?"
			}
			got = append(got, name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", join, got, want)
		}
	}
	key := Named{ID: ids.Next(), Name: "k", Expr: left.Columns()[0].Ref()}
	sets := &Aggregate{Input: left, Keys: []Named{key}, Sets: [][]int{{0}, {}}, GroupingID: ids.Next()}
	if c := sets.Columns(); len(c) != 2 || !c[0].Nullable || c[1].Name != "spark_grouping_id" {
		t.Errorf("grouping sets: %+v", c)
	}
}

// TestCheck breaks plans in one way each.
func TestCheck(t *testing.T) {
	ids := &IDs{}
	s := scan(ids, "a", "b")
	a, b := s.Columns()[0].Ref(), s.Columns()[1].Ref()
	other := scan(ids, "z").Columns()[0].Ref()
	wrongType := *a
	wrongType.Typ = types.LongType
	notNull := *b
	notNull.Null = false
	out := Column{ID: ids.Next(), Name: "o", Type: types.LongType}
	for want, plan := range map[string]Node{
		"is not in the input":      &Filter{Input: s, Condition: greater(other, a)},
		"is read as bigint":        &Filter{Input: s, Condition: greater(&wrongType, &wrongType)},
		"read as never null":       &Filter{Input: s, Condition: greater(&notNull, a)},
		"condition a#1 has type":   &Filter{Input: s, Condition: a},
		"two columns have the ID":  &Join{Type: Inner, Left: s, Right: s},
		"is not an aggregate":      &Aggregate{Input: s, Aggregates: []Named{{ID: ids.Next(), Expr: a}}},
		"names key 3 of":           &Aggregate{Input: s, Sets: [][]int{{3}}, GroupingID: ids.Next()},
		"has 1 columns for":        &SetOperation{Op: ast.Union, All: true, Inputs: []Node{scan(ids, "p"), s}, Output: []Column{{ID: ids.Next(), Type: types.IntType, Nullable: true}, out}},
		"a row has 2 values":       &Values{Rows: [][]expr.Expr{{literal(1), literal(2)}}, Output: []Column{{ID: ids.Next(), Type: types.IntType}}},
		"has type int in a column": &Values{Rows: [][]expr.Expr{{literal(1)}}, Output: []Column{out}},
	} {
		if err := Check(plan); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
	if err := Check(sample(ids, 1)); err != nil {
		t.Error(err)
	}
}
