package kiln

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/logical/analysis"
)

// parsedNode is a node of the plan as it was written, for EXPLAIN EXTENDED. As in Spark, a ' stands before what is not
// resolved.
type parsedNode struct {
	text     string
	children []*parsedNode
}

// formatParsed draws a query before analysis, SELECT blocks taken apart into the operators that they stand for.
// Expressions are shown as they stand in the SQL text, or by their names if DataFrame calls made them.
func formatParsed(q ast.Query, text string) string {
	var b strings.Builder
	parser{text}.query(q).draw(&b, "", "")
	return b.String()
}

func (n *parsedNode) draw(b *strings.Builder, first, rest string) {
	b.WriteString(first + n.text + "\n")
	for i, c := range n.children {
		if i < len(n.children)-1 {
			c.draw(b, rest+":- ", rest+":  ")
		} else {
			c.draw(b, rest+"+- ", rest+"   ")
		}
	}
}

// over is a node above others.
func over(text string, children ...*parsedNode) *parsedNode { return &parsedNode{text, children} }

// parser makes parsedNodes of a query whose places refer to text.
type parser struct{ text string }

func (p parser) query(q ast.Query) *parsedNode {
	switch q := q.(type) {
	case *ast.Select:
		return p.block(q)
	case *ast.With:
		return p.with(q)
	case *ast.SetOperation:
		return over(setOperationText(q), p.query(q.Left), p.right(q).query(q.Right))
	case *ast.Sort:
		return over("'Sort ["+p.sortItems(q.Items)+"], "+strconv.FormatBool(q.Global), p.query(q.Input))
	case *ast.Limit:
		return p.limit(q)
	case *ast.Values:
		return over("'UnresolvedInlineTable [" + plural(len(q.Rows), "row") + "]")
	case *ast.Table:
		return over("'UnresolvedRelation [" + strings.Join(q.Name, ", ") + "]")
	case *ast.FileTable:
		return over("'UnresolvedRelation " + strings.TrimSpace(q.Format+" ["+strings.Join(q.Paths, ", ")+"]"))
	case *ast.TableFunction:
		return over("'UnresolvedTableValuedFunction [" + strings.Join(q.Name, ".") + "], [" + p.list(q.Args) + "]")
	case *ast.LocalRelation:
		return over("LocalRelation " + q.Name)
	case *ast.Join:
		return over(p.joinText(q), p.query(q.Left), p.right(q).query(q.Right))
	}
	return p.step(q)
}

// right is p for the right input of q. The text is that of the leftmost DataFrame, where DataFrame calls put several together.
func (p parser) right(q ast.Query) parser {
	if q.Place().IsZero() {
		return parser{}
	}
	return p
}

// step is a node with one input: a clause of FROM, or a verb of a DataFrame.
func (p parser) step(q ast.Query) *parsedNode {
	switch q := q.(type) {
	case *ast.SubqueryAlias:
		text := "'SubqueryAlias " + q.Name
		if len(q.Columns) > 0 {
			text += " [" + strings.Join(q.Columns, ", ") + "]"
		}
		return over(text, p.query(q.Input))
	case *ast.Lateral:
		return over("'LateralSubquery", p.query(q.Input))
	case *ast.LateralView:
		return over("'Generate "+p.expr(q.Generator)+", "+strconv.FormatBool(q.Outer)+", "+q.Table+", ["+strings.Join(q.Columns, ", ")+"]", p.query(q.Input))
	case *ast.Filter:
		return over("'Filter "+p.expr(q.Condition), p.query(q.Input))
	case *ast.Project:
		return over("'Project ["+p.list(q.Items)+"]", p.query(q.Input))
	case *ast.WithColumns:
		return over("'WithColumns ["+p.list(q.Items)+"]", p.query(q.Input))
	case *ast.DropColumns:
		return over("'DataFrameDropColumns ["+p.list(q.Columns)+"]", p.query(q.Input))
	case *ast.RenameColumns:
		parts := slices.Clone(q.To)
		for i, from := range q.From {
			parts[i] = from + " AS " + q.To[i]
		}
		return over("'WithColumnsRenamed ["+strings.Join(parts, ", ")+"]", p.query(q.Input))
	case *ast.Aggregate:
		return over("'Aggregate ["+p.list(q.GroupBy)+"], ["+p.list(q.Items)+"]", p.query(q.Input))
	case *ast.Distinct:
		return over("'Distinct", p.query(q.Input))
	case *ast.DropDuplicates:
		return over("'Deduplicate ["+strings.Join(q.Columns, ", ")+"]", p.query(q.Input))
	case *ast.Repartition:
		return over("'Repartition "+strings.TrimSuffix(strconv.Itoa(q.Count)+", "+strconv.FormatBool(q.Shuffle)+", ["+p.list(q.By)+"]", ", []"), p.query(q.Input))
	case *ast.Hint:
		return p.hints(q.Hints, p.query(q.Input))
	case *ast.Sample:
		return over("'Sample "+p.expr(q.Size), p.query(q.Input))
	case *ast.Pivot:
		return over("'Pivot ["+p.list(q.Columns)+"], ["+p.list(q.Values)+"], ["+p.list(q.Aggregates)+"]", p.query(q.Input))
	case *ast.Owned:
		return p.query(q.Input)
	case *ast.Bound:
		if len(q.Positional)+len(q.Named) == 0 {
			return p.query(q.Input)
		}
		return over("'NameParameterizedQuery "+plural(len(q.Positional)+len(q.Named), "value"), p.query(q.Input))
	}
	return over("'Unresolved")
}

// block is a SELECT block: FROM, WHERE, the list with GROUP BY, HAVING, QUALIFY, DISTINCT and hints, from the bottom up.
func (p parser) block(q *ast.Select) *parsedNode {
	n := over("OneRowRelation")
	if q.From != nil {
		n = p.query(q.From)
	}
	if q.Where != nil {
		n = over("'Filter "+p.expr(q.Where), n)
	}
	if q.Grouped {
		n = over("'Aggregate ["+p.list(q.GroupBy)+"], ["+p.list(q.Items)+"]", n)
	} else {
		n = over("'Project ["+p.list(q.Items)+"]", n)
	}
	if q.Having != nil {
		n = over("'UnresolvedHaving "+p.expr(q.Having), n)
	}
	if q.Qualify != nil {
		n = over("'UnresolvedQualify "+p.expr(q.Qualify), n)
	}
	if q.Distinct {
		n = over("'Distinct", n)
	}
	return p.hints(q.Hints, n)
}

func (p parser) hints(hints []ast.HintItem, n *parsedNode) *parsedNode {
	for _, h := range slices.Backward(hints) {
		n = over("'UnresolvedHint "+h.Name+", ["+p.list(h.Args)+"]", n)
	}
	return n
}

func (p parser) with(q *ast.With) *parsedNode {
	n := over("")
	names := make([]string, len(q.CTEs))
	for i, c := range q.CTEs {
		names[i] = c.Name
		alias := &ast.SubqueryAlias{Input: c.Query, Name: c.Name, Columns: c.Columns}
		n.children = append(n.children, p.step(alias))
	}
	n.text = "CTE [" + strings.Join(names, ", ") + "]"
	n.children = append(n.children, p.query(q.Body))
	return n
}

func (p parser) limit(q *ast.Limit) *parsedNode {
	n := p.query(q.Input)
	if q.Offset != nil {
		n = over("'Offset "+p.expr(q.Offset), n)
	}
	if q.Count != nil {
		n = over("'GlobalLimit "+p.expr(q.Count), n)
	}
	return n
}

func setOperationText(q *ast.SetOperation) string {
	text := "'" + [...]string{"Union", "Intersect", "Except"}[q.Op]
	if q.All {
		text += " All"
	}
	if q.ByName {
		text += " by name"
	}
	return text
}

func (p parser) joinText(q *ast.Join) string {
	text := "'Join " + q.Type.String()
	switch {
	case q.Natural:
		return "'Join Natural" + q.Type.String()
	case len(q.Using) > 0:
		text += ", using [" + strings.Join(q.Using, ", ") + "]"
	case q.On != nil:
		text += ", " + p.expr(q.On)
	}
	return text
}

func (p parser) sortItems(items []ast.SortItem) string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = item.Text(p.expr(item.Expr))
	}
	return strings.Join(texts, ", ")
}

func (p parser) list(list []ast.Expr) string {
	texts := make([]string, len(list))
	for i, e := range list {
		texts[i] = p.expr(e)
	}
	return strings.Join(texts, ", ")
}

// expr is the text of an expression: what was written, in one line, or its name.
func (p parser) expr(e ast.Expr) string {
	if e == nil {
		return ""
	}
	if s := e.Place(); !s.IsZero() && s.Start < s.Stop && int(s.Stop) <= len(p.text) {
		text := p.text[s.Start:s.Stop]
		if !strings.ContainsAny(text, "'\"`") {
			text = strings.Join(strings.Fields(text), " ")
		}
		return strings.ReplaceAll(text, "\n", " ")
	}
	if alias, ok := e.(*ast.Alias); ok {
		return p.expr(alias.Input) + " AS " + strings.Join(alias.Names, ", ")
	}
	return analysis.ColumnName(e)
}
