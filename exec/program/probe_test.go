package program

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// testLookup is a build side of rows of Go values: key columns first.
type testLookup struct {
	rows   [][]any
	keys   int
	first  map[string]int32
	next   []int32
	unique bool
	marks  map[int32]bool
}

func newTestLookup(rows [][]any, keys int) *testLookup {
	l := &testLookup{rows: rows, keys: keys, first: map[string]int32{}, unique: true, marks: map[int32]bool{}}
	last := map[string]int32{}
	for i, r := range rows {
		l.next = append(l.next, NoRow)
		if slices.Contains(r[:keys], nil) {
			continue
		}
		k := fmt.Sprint(r[:keys]...)
		if at, ok := last[k]; ok {
			l.unique = false
			l.next[at] = int32(i)
		} else {
			l.first[k] = int32(i)
		}
		last[k] = int32(i)
	}
	return l
}

func (l *testLookup) NewProbe() Probe { return l }
func (l *testLookup) Unique() bool    { return l.unique }
func (l *testLookup) Empty() bool     { return len(l.rows) == 0 }
func (l *testLookup) HasNullKey() bool {
	return slices.ContainsFunc(l.rows, func(r []any) bool { return slices.Contains(r[:l.keys], nil) })
}

func (l *testLookup) Restrict(_ []*vector.Vector, sel vector.Selection, _ int, _ vector.Selection) (vector.Selection, error) {
	return sel, nil
}

func (l *testLookup) Find(keys []*vector.Vector, sel vector.Selection, n int, rows []int32) error {
	for j := range sel.Rows(n) {
		i := j
		if sel != nil {
			i = int(sel[j])
		}
		var values []any
		for _, k := range keys {
			values = append(values, kernel.Value(k, i))
		}
		rows[i] = NoRow
		if r, ok := l.first[fmt.Sprint(values...)]; ok && !slices.Contains(values, nil) {
			rows[i] = r
		}
	}
	return nil
}

func (l *testLookup) Next(row int32) int32 { return l.next[row] }

func (l *testLookup) Gather(c int, rows []int32, sel vector.Selection, n int, out *vector.Vector) error {
	out.Reset(n)
	for j := range sel.Rows(n) {
		i := j
		if sel != nil {
			i = int(sel[j])
		}
		var v any
		if rows[i] != NoRow {
			v = l.rows[rows[i]][c]
		}
		kernel.SetValue(out, i, v)
	}
	return nil
}

func (l *testLookup) Mark(rows []int32, sel vector.Selection, n int) {
	for j := range sel.Rows(n) {
		i := j
		if sel != nil {
			i = int(sel[j])
		}
		if rows[i] != NoRow {
			l.marks[rows[i]] = true
		}
	}
}

// joinCase is a join over the test source: i = build key, perhaps l > build value as the residual.
type joinCase struct {
	kind     ProbeKind
	residual expr.Expr
	aware    bool // the residual's nulls count, not the keys'
	mark     bool
	lookup   *testLookup
}

const (
	buildKey   expr.ColumnID = 50
	buildValue expr.ColumnID = 51
	buildName  expr.ColumnID = 52
	markID     expr.ColumnID = 53
)

// oracle joins one probing row with all build rows.
func (j *joinCase) oracle(r row) (out []row, marks []int32) {
	found, maybe := false, false
	pair := func(b []any) row {
		p := row{}
		for k, v := range r {
			p[k] = v
		}
		p[buildKey], p[buildValue], p[buildName] = b[0], b[1], b[2]
		return p
	}
	for i, b := range j.lookup.rows {
		p := pair(b)
		key, rest := any(nil), any(true)
		if r[1] != nil && b[0] != nil {
			key = r[1] == b[0]
		}
		if j.residual != nil {
			rest, _ = evaluate(j.residual, p)
		}
		if key == true && rest == true {
			found = true
			marks = append(marks, int32(i))
			out = append(out, p)
		}
		if j.aware && key == true && rest == nil || !j.aware && key == nil {
			maybe = true
		}
	}
	keep := func(ok bool) []row {
		if ok {
			return []row{r}
		}
		return nil
	}
	switch j.kind {
	case LeftOuterProbe, SingleProbe:
		if !found {
			out = []row{pair([]any{nil, nil, nil})}
		}
	case SemiProbe:
		out = keep(found)
	case AntiProbe:
		out = keep(!found)
	case NullAwareAntiProbe:
		out = keep(!found && !maybe)
	case MarkProbe, NullAwareMarkProbe:
		p := row{}
		for k, v := range r {
			p[k] = v
		}
		p[markID] = found
		if j.kind == NullAwareMarkProbe && !found && maybe {
			p[markID] = nil
		}
		out = []row{p}
	}
	return out, marks
}

// TestProbes compares all kinds of probe, unique and not, with and without residual, with a nested loop; columns are read
// before and after the probe, and a filter follows.
func TestProbes(t *testing.T) {
	for round := range 600 {
		random := rand.New(rand.NewPCG(uint64(round), 3))
		s := newTestSource(random, 40, []float64{0, 0.2}[round%2])
		var build [][]any
		unique := round%3 == 0
		for k := int32(-4); k <= 4; k++ {
			copies := random.IntN(4)
			if unique {
				copies = random.IntN(2)
			}
			for range copies {
				build = append(build, []any{k, random.Int64N(400) - 200, []any{"short", "a name longer than twelve", nil}[random.IntN(3)]})
			}
		}
		if round%5 == 0 {
			build = append(build, []any{nil, int64(1), "x"})
		}
		j := &joinCase{kind: ProbeKind(random.IntN(8)), lookup: newTestLookup(build, 1), mark: round%4 == 0}
		value := &expr.Column{Base: base(types.LongType), ID: buildValue, Name: "v"}
		if random.IntN(2) == 0 {
			j.residual = &expr.Comparison{Base: base(types.BooleanType), Op: expr.Greater, Left: s.columns[2].ref(), Right: value}
			if j.kind == NullAwareAntiProbe || j.kind == NullAwareMarkProbe {
				j.aware = true
			}
		}
		if err := checkJoin(t, s, j, round); err != nil {
			t.Fatalf("round %d kind %s unique %v residual %v: %v", round, j.kind, j.lookup.unique, j.residual != nil, err)
		}
	}
}

// joinExpectation is the outcome by nested loops.
func joinExpectation(s *testSource, j *joinCase, ids []expr.ColumnID) (rows []string, marks map[int32]bool, tooMany bool) {
	marks = map[int32]bool{}
	for i := range s.columns[0].values {
		r := s.row(i)
		if y, ok := r[6].(int8); !ok || y > 80 {
			continue // the filter before the join
		}
		out, partners := j.oracle(r)
		for _, p := range partners {
			marks[p] = true
		}
		if j.kind == SingleProbe && len(partners) > 1 {
			tooMany = true
		}
		for _, p := range out {
			if h, ok := p[5].(int16); !ok || h < -100 {
				continue // the filter after it
			}
			var values []any
			for _, id := range ids {
				v := p[id]
				if w, ok := v.(types.Int128); ok {
					v = w.Int64()
				}
				values = append(values, v)
			}
			rows = append(rows, fmt.Sprintf("%v", values))
		}
	}
	slices.Sort(rows)
	return rows, marks, tooMany
}

func checkJoin(t *testing.T, s *testSource, j *joinCase, round int) error {
	ids := []expr.ColumnID{1, 3, 10, 7}
	switch {
	case j.kind.marks():
		ids = append(ids, markID)
	case !j.kind.keepsRows():
		ids = append(ids, buildValue, buildName)
	}
	want, wantMarks, tooMany := joinExpectation(s, j, ids)
	for _, o := range testOptions {
		j.lookup.marks = map[int32]bool{}
		b := NewBuilder(o, s.inputs())
		limit := func(c *testColumn, op expr.CompareOp, v any) error {
			return b.Filter(&expr.Comparison{Base: base(types.BooleanType), Op: op, Left: c.ref(), Right: &expr.Literal{Base: expr.Base{Typ: c.Type}, Value: v}})
		}
		if err := limit(s.columns[5], expr.LessOrEqual, int8(80)); err != nil {
			return err
		}
		err := b.Probe(ProbeSpec{Lookup: j.lookup, Kind: j.kind, Keys: []expr.Expr{s.columns[0].ref()}, Residual: j.residual, ResidualNullAware: j.aware,
			MarkID: markID, MarkBuild: j.mark, Build: []BuildColumn{
				{ID: buildValue, Name: "v", Type: types.LongType, Physical: types.PhysicalInt64, Index: 1},
				{ID: buildName, Name: "n", Type: types.StringType, Physical: types.PhysicalString, Nullable: true, Index: 2}}})
		if err != nil {
			return err
		}
		if err := limit(s.columns[4], expr.GreaterOrEqual, int16(-100)); err != nil {
			return err
		}
		p, err := b.Build(ids)
		if err != nil {
			return err
		}
		got, err := s.run(t, p, []int{40, 7}[round%2])
		if (err != nil) != tooMany {
			return fmt.Errorf("%+v: error %v, want one: %v\n%s", o, err, tooMany, p)
		}
		if err != nil {
			continue
		}
		if diff := compareJoin(got, want); diff != "" {
			return fmt.Errorf("%+v: %s\n%s", o, diff, p)
		}
		if j.mark && !j.kind.keepsRows() && !sameMarks(j.lookup.marks, wantMarks) {
			return fmt.Errorf("%+v: marks %v, want %v\n%s", o, j.lookup.marks, wantMarks, p)
		}
	}
	return nil
}

func compareJoin(got [][]any, want []string) string {
	var rows []string
	for _, r := range got {
		for i, v := range r {
			if w, ok := v.(types.Int128); ok {
				r[i] = w.Int64()
			}
		}
		rows = append(rows, fmt.Sprintf("%v", r))
	}
	slices.Sort(rows)
	if !slices.Equal(rows, want) {
		return fmt.Sprintf("got\n%s\nwant\n%s", strings.Join(rows, "\n"), strings.Join(want, "\n"))
	}
	return ""
}

func sameMarks(a, b map[int32]bool) bool {
	for k := range b {
		if !a[k] {
			return false
		}
	}
	return len(a) == len(b)
}

// TestProbeChain joins twice in one program, so that columns are carried through two widened spaces.
func TestProbeChain(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	s := newTestSource(random, 60, 0.1)
	for _, copies := range [][2]int{{1, 1}, {1, 3}, {3, 1}, {2, 3}} {
		var first, second [][]any
		for k := int32(-3); k <= 3; k++ {
			for c := range copies[0] {
				first = append(first, []any{k, int64(k) * 2, fmt.Sprint("first", k, c)})
			}
		}
		for v := int64(-6); v <= 6; v += 2 {
			for c := range copies[1] {
				second = append(second, []any{v, int64(c), fmt.Sprint("the second name ", v, c)})
			}
		}
		var want []string
		for i := range s.columns[0].values {
			r := s.row(i)
			for _, b := range first {
				for _, c := range second {
					if r[1] != nil && r[1] == b[0] && b[1] == c[0] {
						want = append(want, fmt.Sprintf("%v", []any{r[10], b[2], c[2], r[3]}))
					}
				}
			}
		}
		slices.Sort(want)
		for _, o := range testOptions {
			b := NewBuilder(o, s.inputs())
			value := &expr.Column{Base: base(types.LongType), ID: buildValue, Name: "v"}
			probe := func(rows [][]any, key expr.Expr, ids ...expr.ColumnID) {
				spec := ProbeSpec{Lookup: newTestLookup(rows, 1), Keys: []expr.Expr{key}}
				spec.Build = []BuildColumn{{ID: ids[0], Type: types.LongType, Physical: types.PhysicalInt64, Index: 1},
					{ID: ids[1], Name: "n", Type: types.StringType, Physical: types.PhysicalString, Index: 2}}
				if err := b.Probe(spec); err != nil {
					t.Fatal(err)
				}
			}
			probe(first, s.columns[0].ref(), buildValue, buildName)
			probe(second, value, 60, 61)
			p, err := b.Build([]expr.ColumnID{10, buildName, 61, 3})
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.run(t, p, 17)
			if err != nil {
				t.Fatal(err)
			}
			if diff := compareJoin(got, want); diff != "" {
				t.Fatalf("%v %+v: %s\n%s", copies, o, diff, p)
			}
		}
	}
}
