package analysis

import (
	"slices"
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// ColumnName is Spark's name of an unnamed column: "sum(x)", "(a + b)", "count(1)". Names are as they were written, without
// qualifiers that only a bound query can tell from columns.
func ColumnName(e ast.Expr) string {
	n := namer{}
	return n.top(e)
}

// topName is the name of an item of a SELECT list without alias; e has been bound just before.
func (s *site) topName(e ast.Expr) string {
	n := namer{site: s}
	return n.top(e)
}

// namer writes expressions as Spark names columns: operators in brackets, string literals bare, implicit casts not at all.
type namer struct {
	// site tells which parts of a name are a qualifier; nil takes the last part as the column.
	site *site
	// lambdas are the parameters of the lambdas around.
	lambdas []string
}

// top names a whole item: a struct's member by its name alone.
func (n namer) top(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Alias:
		return e.Names[0]
	case *ast.Name:
		if n.site != nil && n.site.qualifiers[e] == groupingID {
			return strings.ToLower(e.Parts[0])
		}
		if n.site != nil && n.site.qualifiers[e] == literalFunction {
			return n.expr(e)
		}
		return e.Parts[len(e.Parts)-1]
	case *ast.Outer:
		return n.top(e.Input)
	case *ast.Cast:
		// A cast column keeps its name.
		if column, ok := e.Input.(*ast.Name); ok && n.isColumn(column) {
			return column.Parts[len(column.Parts)-1]
		}
	}
	return n.expr(e)
}

// isColumn reports whether a name is a column as a whole, and not a field of one.
func (n namer) isColumn(e *ast.Name) bool {
	if n.site == nil {
		return len(e.Parts) == 1
	}
	used, ok := n.site.qualifiers[e]
	return ok && used == len(e.Parts)-1
}

func (n namer) list(list []ast.Expr) string {
	texts := make([]string, len(list))
	for i, e := range list {
		texts[i] = n.expr(e)
	}
	return strings.Join(texts, ", ")
}

func (n namer) expr(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Name:
		return n.name(e)
	case *ast.Literal:
		return n.literal(e.Value, e.Type)
	case *ast.TypedLiteral, *ast.IntervalLiteral, *ast.Parameter:
		return n.constant(e)
	case *ast.Call:
		return n.call(e)
	case *ast.Alias:
		return n.expr(e.Input) + " AS " + e.Names[0]
	case *ast.Cast:
		return n.cast(e)
	case *ast.Case:
		return n.caseOf(e)
	case *ast.In:
		return n.in(e)
	case *ast.Exists:
		return "exists(" + n.outer(e) + ")"
	case *ast.ScalarSubquery:
		return "scalarsubquery(" + n.outer(e) + ")"
	case *ast.Outer:
		return "outer(" + n.expr(e.Input) + ")"
	case *ast.Subscript:
		if n.site != nil && n.site.accessed[e] == types.Struct {
			return n.expr(e.Base) + "." + n.expr(e.Index)
		}
		return n.expr(e.Base) + "[" + n.expr(e.Index) + "]"
	case *ast.Field:
		if n.site != nil && n.site.accessed[e] == types.Map {
			return n.expr(e.Base) + "[" + e.Name + "]"
		}
		return n.expr(e.Base) + "." + e.Name
	case *ast.Lambda:
		inner := n
		inner.lambdas = append(slices.Clip(n.lambdas), e.Params...)
		return "lambdafunction(" + inner.expr(e.Body) + strings.Repeat(", namedlambdavariable()", len(e.Params)) + ")"
	case *ast.NamedArgument:
		return n.expr(e.Value)
	case *ast.Star:
		return "*"
	}
	return ""
}

func (n namer) cast(e *ast.Cast) string {
	if e.Type.IsNested() {
		return n.expr(e.Input) // Spark forgets that the user wrote it
	}
	word := "CAST("
	if e.Try {
		word = "TRY_CAST("
	}
	return word + n.expr(e.Input) + " AS " + castTypeName(e.Type) + ")"
}

func (n namer) in(e *ast.In) string {
	value := n.expr(e.Value)
	if e.Query == nil {
		return "(" + value + " IN (" + n.list(e.List) + "))"
	}
	if row, ok := e.Value.(*ast.Call); ok && isRow(row) {
		value = n.row(row, "'")
	}
	return "(" + value + " IN (listquery(" + n.outer(e) + ")))"
}

// row names a row value (a, b), which Spark makes a struct; quote stands around the names of its fields.
func (n namer) row(e *ast.Call, quote string) string {
	var parts []string
	for i, a := range e.Args {
		name := "col" + itoa(i+1)
		if column, ok := a.(*ast.Name); ok {
			name = column.Parts[len(column.Parts)-1]
		}
		parts = append(parts, quote+name+quote, n.expr(a))
	}
	return "named_struct(" + strings.Join(parts, ", ") + ")"
}

// outer lists the outer columns of a subquery, as Spark names it.
func (n namer) outer(e ast.Expr) string {
	if n.site == nil {
		return ""
	}
	return strings.Join(n.site.outerNames[e], ", ")
}

func (n namer) name(e *ast.Name) string {
	if slices.ContainsFunc(n.lambdas, func(p string) bool { return strings.EqualFold(p, e.Parts[0]) }) {
		return strings.Join(append([]string{"namedlambdavariable()"}, e.Parts[1:]...), ".")
	}
	used := len(e.Parts) - 1
	if n.site != nil {
		if q, ok := n.site.qualifiers[e]; ok {
			used = q
		}
		if used == lateralReference {
			return "lateralAliasReference(" + strings.Join(e.Parts, ".") + ")"
		}
		if used == groupingID {
			return "grouping_id()"
		}
		if used == literalFunction {
			return strings.ToLower(e.Parts[0]) + "()"
		}
	}
	return strings.Join(e.Parts[used:], ".")
}

func (n namer) literal(v any, t types.Type) string {
	zone := (*types.Zone)(nil)
	if n.site != nil {
		zone = types.ZoneOf(n.site.settings.Zone)
	}
	return types.PrettyLiteral(v, t, zone)
}

// constant names what binds to a literal by its value.
func (n namer) constant(e ast.Expr) string {
	if n.site != nil {
		if bound, err := n.site.expr(e); err == nil {
			if l, ok := bound.(*expr.Literal); ok {
				return n.literal(l.Value, l.Typ)
			}
		}
	}
	switch e := e.(type) {
	case *ast.TypedLiteral:
		return e.TypeName + " '" + e.Text + "'"
	case *ast.IntervalLiteral:
		parts := []string{"INTERVAL"}
		for _, f := range e.Fields {
			parts = append(parts, "'"+n.expr(f.Value)+"'", f.Unit)
		}
		return strings.Join(parts, " ")
	}
	return "?"
}

func (n namer) caseOf(e *ast.Case) string {
	var b strings.Builder
	b.WriteString("CASE")
	for _, w := range e.Whens {
		condition := n.expr(w.Condition)
		if e.Operand != nil {
			condition = "(" + n.expr(e.Operand) + " = " + condition + ")"
		}
		b.WriteString(" WHEN " + condition + " THEN " + n.expr(w.Result))
	}
	if e.Else != nil {
		b.WriteString(" ELSE " + n.expr(e.Else))
	}
	return b.String() + " END"
}

// namesIgnoringNulls are the aggregate functions for which IGNORE NULLS is an argument, which is not shown, and how they are called then.
var namesIgnoringNulls = map[string]string{
	"first": "first", "first_value": "first", "last": "last", "last_value": "last", "any_value": "any_value",
}

func (n namer) call(e *ast.Call) string {
	if isRow(e) {
		return n.row(e, "")
	}
	if text, ok := n.isNotUnknown(e); ok {
		return text
	}
	if n.site != nil {
		if text, ok := n.site.comparisonNames[e]; ok {
			return text
		}
	}
	name := strings.ToLower(e.Func[len(e.Func)-1])
	ignoreNulls := e.IgnoreNulls != nil && *e.IgnoreNulls
	if own, ok := namesIgnoringNulls[name]; ok && ignoreNulls {
		name, ignoreNulls = own, false
	}
	f, print := n.entry(name)
	c := n.printedCall(e, f, name)
	text := print(c)
	if e.Filter != nil {
		text += " FILTER (WHERE " + n.expr(e.Filter) + ")"
	}
	if ignoreNulls {
		text += " ignore nulls"
	}
	if e.Over != nil {
		if c.Frame == "" && f != nil && f.Window {
			c.Frame = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
		}
		text += " OVER (" + n.window(e.Over, c.Frame) + ")"
	}
	return text
}

// entry finds a function and how it writes a call; f is nil for aggregate functions.
func (n namer) entry(name string) (f *expr.Function, print func(*expr.PrintedCall) string) {
	var functions Functions = builtinFunctions{}
	if n.site != nil {
		functions = n.site.functions
	}
	if found, ok := functions.Lookup(name); ok {
		f, print = found, found.Print
	} else if found, ok := functions.LookupAggregate(name); ok {
		print = found.Print
	}
	if print == nil {
		print = (*expr.PrintedCall).Text
	}
	return f, print
}

// printedCall is what the entry of the function may know of a call.
func (n namer) printedCall(e *ast.Call, f *expr.Function, name string) *expr.PrintedCall {
	c := &expr.PrintedCall{Name: name, Operator: e.Operator, Distinct: e.Distinct, Type: n.printedType(e)}
	if isCountOfRows(e, name) {
		c.Args = []string{"1"}
		return c
	}
	list := e.Args
	if n.site != nil {
		if placed, err := namedArguments(list, f, name); err == nil {
			list = placed
		}
	}
	for _, a := range list {
		star, ok := a.(*ast.Star)
		if ok && n.site != nil {
			if columns, err := n.site.star(star); err == nil {
				for _, column := range columns {
					c.Args, c.Types, c.Literals = append(c.Args, column.name), append(c.Types, column.expr.Type()), append(c.Literals, false)
				}
				continue
			}
		}
		l, ok := a.(*ast.Literal)
		c.Args, c.Types, c.Literals = append(c.Args, n.expr(a)), append(c.Types, n.printedType(a)), append(c.Literals, ok && l.Type.Kind == types.String)
	}
	for _, item := range e.WithinGroup {
		text := n.expr(item.Expr)
		c.WithinGroup = append(c.WithinGroup, expr.PrintedKey{Expr: text, Descending: item.Descending, Full: item.Text(text)})
	}
	return c
}

// printedType is the type of an expression that has been bound, if names depend on it.
func (n namer) printedType(e ast.Expr) types.Type {
	if n.site == nil {
		return types.Type{}
	}
	return n.site.printedTypes[e]
}

// isNotUnknown writes x IS NOT UNKNOWN, which is parsed to a negation at the same place.
func (n namer) isNotUnknown(e *ast.Call) (string, bool) {
	if !e.Operator || e.Func[0] != "not" {
		return "", false
	}
	inner, ok := e.Args[0].(*ast.Call)
	if !ok || !inner.Operator || inner.Func[0] != "isunknown" || inner.Span != e.Span {
		return "", false
	}
	x := inner.Args[0]
	if l, ok := x.(*ast.Literal); ok && l.Value != nil {
		return "(" + n.expr(l) + " IS NOT UNKNOWN)", true
	}
	return "(" + n.expr(x) + " IS NOT NULL)", true
}

func (n namer) sortItems(items []ast.SortItem) string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = item.Text(n.expr(item.Expr))
	}
	return strings.Join(texts, ", ")
}

// window writes what stands in OVER (…); frame, if given, is the one that the function has instead of the window's.
func (n namer) window(w *ast.Window, frame string) string {
	if n.site != nil {
		if spec, err := n.site.windowSpec(w, 0); err == nil {
			w = spec
		}
	}
	var parts []string
	if len(w.PartitionBy) > 0 {
		parts = append(parts, "PARTITION BY "+n.list(w.PartitionBy))
	}
	if len(w.OrderBy) > 0 {
		parts = append(parts, "ORDER BY "+n.sortItems(w.OrderBy))
	}
	if frame == "" {
		frame = n.frame(w)
	}
	return strings.Join(append(parts, frame), " ")
}

// frame writes the frame of a window, also where that is the default.
func (n namer) frame(w *ast.Window) string {
	f := w.Frame
	switch {
	case f == nil && len(w.OrderBy) > 0:
		return "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
	case f == nil:
		return "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
	}
	unit := "RANGE"
	if f.Rows {
		unit = "ROWS"
	}
	return unit + " BETWEEN " + n.bound(f.Start) + " AND " + n.bound(f.End)
}

func (n namer) bound(b ast.FrameBound) string {
	switch b.Kind {
	case ast.UnboundedPreceding:
		return "UNBOUNDED PRECEDING"
	case ast.UnboundedFollowing:
		return "UNBOUNDED FOLLOWING"
	case ast.CurrentRow:
		return "CURRENT ROW"
	case ast.Preceding:
		text := n.expr(b.Offset)
		if strings.HasPrefix(text, "-") {
			return text[1:] + " FOLLOWING"
		}
		return text + " PRECEDING"
	}
	return n.expr(b.Offset) + " FOLLOWING"
}
