package expr

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kilnql/kiln/types"
)

// Walk calls visit for e and, as long as visit returns true, for its children, parents first.
func Walk(e Expr, visit func(Expr) bool) {
	if e == nil || !visit(e) {
		return
	}
	for _, c := range e.Children() {
		Walk(c, visit)
	}
}

// Any reports whether test holds for e or anything below it.
func Any(e Expr, test func(Expr) bool) bool {
	found := false
	Walk(e, func(x Expr) bool {
		found = found || test(x)
		return !found
	})
	return found
}

// Transform rebuilds e from the leaves up: f sees each node after its children were transformed and returns what to put
// in its place. Nodes without a change are shared with e.
func Transform(e Expr, f func(Expr) Expr) Expr {
	return f(mapChildren(e, func(c Expr) Expr { return Transform(c, f) }))
}

// TransformDown rebuilds e from the root: f sees a node before its children. If f returns another node (or stop), that
// node is taken as it is and its children are not visited.
func TransformDown(e Expr, f func(Expr) (_ Expr, stop bool)) Expr {
	n, stop := f(e)
	if stop || n != e {
		return n
	}
	return mapChildren(e, func(c Expr) Expr { return TransformDown(c, f) })
}

func mapChildren(e Expr, f func(Expr) Expr) Expr {
	children := e.Children()
	var changed []Expr
	for i, c := range children {
		n := f(c)
		if n != c && changed == nil {
			changed = slices.Clone(children)
		}
		if changed != nil {
			changed[i] = n
		}
	}
	if changed == nil {
		return e
	}
	return e.WithChildren(changed)
}

// Columns are the IDs of the columns that e reads, each once, in order of first use. Parameters of lambdas and columns
// inside a subquery's plan are not among them; the outer columns of a subquery are.
func Columns(e Expr) []ColumnID {
	var ids []ColumnID
	VisitColumns(e, func(c *Column) {
		if !slices.Contains(ids, c.ID) {
			ids = append(ids, c.ID)
		}
	})
	return ids
}

// VisitColumns calls visit for each reference that Columns counts.
func VisitColumns(e Expr, visit func(*Column)) { visitColumns(e, nil, visit) }

func visitColumns(e Expr, bound []*Column, visit func(*Column)) {
	switch e := e.(type) {
	case nil:
		return
	case *Column:
		if !slices.ContainsFunc(bound, func(p *Column) bool { return p.ID == e.ID }) {
			visit(e)
		}
		return
	case *Lambda:
		visitColumns(e.Body, append(slices.Clip(bound), e.Params...), visit)
		return
	case *Subquery:
		for _, c := range e.Outer {
			visitColumns(c, bound, visit)
		}
	}
	for _, c := range e.Children() {
		visitColumns(c, bound, visit)
	}
}

// ReplaceColumns puts replace(c) in the place of each column reference; replace returns c itself to keep it.
func ReplaceColumns(e Expr, replace func(*Column) Expr) Expr {
	return Transform(e, func(x Expr) Expr {
		switch x := x.(type) {
		case *Column:
			return replace(x)
		case *Subquery:
			return replaceOuter(x, replace)
		}
		return x
	})
}

// replaceOuter renames the outer columns of a subquery where they become columns again.
func replaceOuter(s *Subquery, replace func(*Column) Expr) Expr {
	outer := slices.Clone(s.Outer)
	changed := false
	for i, c := range outer {
		if n, ok := replace(c).(*Column); ok && n != c {
			outer[i], changed = n, true
		}
	}
	if !changed {
		return s
	}
	n := *s
	n.Outer = outer
	return &n
}

// Deterministic reports whether e gives the same value whenever it is evaluated for the same row of the same query.
func Deterministic(e Expr) bool {
	return !Any(e, func(x Expr) bool {
		c, ok := x.(*Call)
		return ok && c.Function != nil && (c.Function.NonDeterministic || c.Function.Stateful)
	})
}

// Foldable reports whether e is a constant expression: it reads no column, parameter or subquery, aggregates nothing and
// is deterministic.
func Foldable(e Expr) bool {
	return Deterministic(e) && len(Columns(e)) == 0 && !Any(e, func(x Expr) bool {
		switch x := x.(type) {
		case *Parameter, *Subquery, *Aggregate, *WindowCall:
			return true
		case *Call:
			return x.Function != nil && x.Function.Generator
		}
		return false
	})
}

// Conjuncts splits e at its top-level Ands, in order of evaluation.
func Conjuncts(e Expr) []Expr {
	and, ok := e.(*And)
	if !ok {
		return []Expr{e}
	}
	var out []Expr
	for _, a := range and.Args {
		out = append(out, Conjuncts(a)...)
	}
	return out
}

// Disjuncts splits e at its top-level Ors, in order of evaluation.
func Disjuncts(e Expr) []Expr {
	or, ok := e.(*Or)
	if !ok {
		return []Expr{e}
	}
	var out []Expr
	for _, a := range or.Args {
		out = append(out, Disjuncts(a)...)
	}
	return out
}

// Conjunction is the And of parts; nil for none.
func Conjunction(parts ...Expr) Expr {
	switch len(parts) {
	case 0:
		return nil
	case 1:
		return parts[0]
	}
	b := Base{Typ: types.BooleanType}
	for _, p := range parts {
		b.Null = b.Null || p.Nullable()
		b.Span = b.Span.To(p.Place())
	}
	return &And{b, parts}
}

// Same reports whether a and b are the same expression: same operators, types, settings and column IDs. Names of columns,
// IDs of lambdas' parameters and places in the text do not matter. Two non-deterministic calls are the same only if their Instance is.
func Same(a, b Expr) bool { return a == b || Key(a) == Key(b) }

// Key is a text that two expressions share exactly when they are the Same; not for reading.
func Key(e Expr) string {
	var k keyWriter
	k.expr(e)
	return string(k.b)
}

var hashSeed = maphash.MakeSeed()

// Hash is a hash of Key; it differs between processes.
func Hash(e Expr) uint64 { return maphash.String(hashSeed, Key(e)) }

// keyWriter writes expressions in a prefix form: a letter for the node, its own parts, then the children in brackets.
type keyWriter struct {
	b []byte
	// params are the parameters of the lambdas around; they are written as their place here, for x -> x + a is y -> y + a.
	params []*Column
}

func (k *keyWriter) number(n int64) { k.b = strconv.AppendInt(k.b, n, 10); k.b = append(k.b, ',') }
func (k *keyWriter) text(s string)  { k.number(int64(len(s))); k.b = append(k.b, s...) }

func (k *keyWriter) expr(e Expr) {
	if e == nil {
		k.b = append(k.b, '_')
		return
	}
	k.head(e)
	outer := k.params
	if l, ok := e.(*Lambda); ok {
		k.params = append(slices.Clip(outer), l.Params...)
	}
	k.b = append(k.b, '(')
	for _, c := range e.Children() {
		k.expr(c)
	}
	k.b = append(k.b, ')')
	k.params = outer
}

func (k *keyWriter) column(id ColumnID) {
	for i, p := range slices.Backward(k.params) {
		if p.ID == id {
			k.b = append(k.b, 'x')
			k.number(int64(i))
			return
		}
	}
	k.b = append(k.b, 'c')
	k.number(int64(id))
}

// head writes the node itself. The type is part of it wherever children and parameters do not decide it.
func (k *keyWriter) head(e Expr) {
	switch e := e.(type) {
	case *Column:
		k.column(e.ID)
	case *Literal:
		k.b = append(k.b, 'l')
		k.text(e.Typ.String())
		k.value(e.Value)
	case *Parameter:
		k.b = append(k.b, 'p')
		k.number(int64(e.Index))
		k.text(e.Typ.String())
	case *Arithmetic:
		k.b = append(k.b, 'a', '0'+byte(e.Op), '0'+byte(e.Mode))
		k.text(e.Typ.String())
	case *Comparison:
		k.b = append(k.b, '?', '0'+byte(e.Op))
	case *And:
		k.b = append(k.b, '&')
	case *Or:
		k.b = append(k.b, '|')
	case *Not:
		k.b = append(k.b, '!')
	case *IsNull:
		k.b = append(k.b, 'n')
	case *Case:
		k.b = append(k.b, 'w')
		k.text(e.Typ.String())
	case *Coalesce:
		k.b = append(k.b, 'o')
		k.text(e.Typ.String())
	case *In:
		k.b = append(k.b, 'i')
		k.number(int64(len(e.Values)))
		for _, v := range e.Values {
			k.value(v)
		}
		k.b = strconv.AppendBool(k.b, e.HasNull)
	default:
		k.headOfCall(e)
	}
}

func (k *keyWriter) headOfCall(e Expr) {
	switch e := e.(type) {
	case *Cast:
		k.b = append(k.b, 't', '0'+byte(e.Mode))
		k.text(e.Typ.String())
		k.settings(e.Settings)
	case *Call:
		k.b = append(k.b, 'f')
		k.text(e.Function.Name)
		k.text(e.Typ.String())
		k.number(int64(e.Instance))
		k.b = strconv.AppendBool(k.b, e.Fails)
		k.settings(e.Settings)
	case *Field:
		k.b = append(k.b, '.')
		k.number(int64(e.Index))
	case *Lambda:
		k.b = append(k.b, '>')
		k.number(int64(len(e.Params)))
		for _, p := range e.Params {
			k.text(p.Typ.String())
		}
	case *Aggregate:
		k.b = append(k.b, 'g')
		k.text(e.Function.Name)
		k.text(e.Typ.String())
		k.b = strconv.AppendBool(k.b, e.Distinct)
		k.b = strconv.AppendBool(k.b, e.Filter != nil)
		k.sortKeys(e.OrderBy)
		k.settings(e.Settings)
	case *WindowCall:
		k.b = append(k.b, 'v')
		k.number(int64(len(e.PartitionBy)))
		k.sortKeys(e.OrderBy)
		k.b = fmt.Appendf(k.b, "%t%d%d%t", e.Frame.Rows, e.Frame.StartKind, e.Frame.EndKind, e.IgnoreNulls)
		k.expr(e.Frame.Start)
		k.expr(e.Frame.End)
	case *Subquery:
		k.b = fmt.Appendf(k.b, "q%d%p", e.Kind, e.Plan)
	default:
		panic(fmt.Sprintf("expr: no key for %T", e))
	}
}

func (k *keyWriter) sortKeys(keys []SortKey) {
	k.number(int64(len(keys)))
	for _, s := range keys {
		k.b = strconv.AppendBool(k.b, s.Descending)
		k.b = strconv.AppendBool(k.b, s.NullsFirst)
	}
}

func (k *keyWriter) settings(s *Settings) {
	if s == nil {
		return
	}
	k.b = strconv.AppendBool(k.b, s.ANSI)
	if s.Zone != nil {
		k.text(s.Zone.String())
	}
}

// value writes a Go value so that different values give different texts; floats by their bits (0.0 is not -0.0).
func (k *keyWriter) value(v any) {
	switch v := v.(type) {
	case float64:
		k.b = append(k.b, 'd')
		k.b = binary.LittleEndian.AppendUint64(k.b, math.Float64bits(v))
	case float32:
		k.b = append(k.b, 's')
		k.b = binary.LittleEndian.AppendUint32(k.b, math.Float32bits(v))
	case string:
		k.text(v)
	case []byte:
		k.text(string(v))
	case []any:
		k.b = append(k.b, '[')
		for _, x := range v {
			k.value(x)
		}
		k.b = append(k.b, ']')
	default:
		k.text(strings.TrimSpace(fmt.Sprintf("%T %v", v, v)))
	}
}

// NodeKey is the part of Key that e adds to its children's: two nodes with equal NodeKeys over the same children are the
// Same.
func NodeKey(e Expr) string {
	var k keyWriter
	k.head(e)
	return string(k.b)
}
