package expr

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/kilnql/kiln/types"
)

// SQL prints e as Spark prints expressions: operators in brackets, columns by name. It is for plans and messages; it is
// close to SQL but not meant to be parsed again.
func SQL(e Expr) string { return print(e, func(c *Column) string { return c.Name }) }

// Debug is SQL with the ID behind each column's name, as plans show it: (a#1 + 2).
func Debug(e Expr) string {
	return print(e, func(c *Column) string { return c.Name + "#" + strconv.Itoa(int(c.ID)) })
}

// Pretty is SQL with literals as in the names of unnamed columns, and without the casts that Spark inserts: what error
// messages quote. An inserted cast is known by standing at the place of its input.
func Pretty(e Expr) string {
	p := printer{column: func(c *Column) string { return c.Name }, pretty: true}
	p.expr(e)
	return p.b.String()
}

func print(e Expr, column func(*Column) string) string {
	p := printer{column: column}
	p.expr(e)
	return p.b.String()
}

type printer struct {
	b      strings.Builder
	column func(*Column) string
	pretty bool
}

func (p *printer) text(parts ...string) {
	for _, s := range parts {
		p.b.WriteString(s)
	}
}

func (p *printer) list(es []Expr, separator string) {
	for i, e := range es {
		if i > 0 {
			p.text(separator)
		}
		p.expr(e)
	}
}

func (p *printer) infix(es []Expr, operator string) {
	p.text("(")
	p.list(es, " "+operator+" ")
	p.text(")")
}

func (p *printer) expr(e Expr) {
	switch e := e.(type) {
	case *Column:
		p.text(p.column(e))
	case *Literal:
		if p.pretty {
			p.text(types.PrettyLiteral(e.Value, e.Typ, nil))
			return
		}
		p.text(FormatLiteral(e.Value, e.Typ))
	case *Parameter:
		p.text("?")
	case *Arithmetic:
		p.arithmetic(e)
	case *Comparison:
		p.infix([]Expr{e.Left, e.Right}, e.Op.String())
	case *And:
		p.infix(e.Args, "AND")
	case *Or:
		p.infix(e.Args, "OR")
	case *Not:
		p.text("(NOT ")
		p.expr(e.Input)
		p.text(")")
	case *IsNull:
		p.text("(")
		p.expr(e.Input)
		p.text(" IS NULL)")
	case *Case:
		p.caseWhen(e)
	case *In:
		p.in(e)
	case *Field:
		p.expr(e.Input)
		if fields := e.Input.Type().Fields(); e.Index < len(fields) {
			p.text(".", fields[e.Index].Name)
		}
	case *Lambda:
		p.lambda(e)
	default:
		p.call(e)
	}
}

func (p *printer) arithmetic(e *Arithmetic) {
	if e.Right == nil {
		p.text("(- ")
		p.expr(e.Left)
		p.text(")")
		return
	}
	if e.Mode == Try {
		p.text([...]string{"try_add", "try_subtract", "try_multiply", "try_divide", "try_div", "try_mod"}[e.Op], "(")
		p.list([]Expr{e.Left, e.Right}, ", ")
		p.text(")")
		return
	}
	p.infix([]Expr{e.Left, e.Right}, e.Op.String())
}

func (p *printer) caseWhen(e *Case) {
	p.text("CASE")
	for _, w := range e.Whens {
		p.text(" WHEN ")
		p.expr(w.Condition)
		p.text(" THEN ")
		p.expr(w.Result)
	}
	if !isNull(e.Else) {
		p.text(" ELSE ")
		p.expr(e.Else)
	}
	p.text(" END")
}

func (p *printer) in(e *In) {
	p.text("(")
	p.expr(e.Input)
	p.text(" IN (")
	const shown = 12 // a long list is cut: the text is for people
	for i, v := range e.Values {
		if i > 0 {
			p.text(", ")
		}
		if i == shown {
			p.text("… ", strconv.Itoa(len(e.Values)-shown), " more")
			break
		}
		p.text(FormatLiteral(v, e.Input.Type()))
	}
	if e.HasNull {
		p.text(", NULL")
	}
	p.text("))")
}

func (p *printer) lambda(e *Lambda) {
	p.text("lambdafunction(")
	p.expr(e.Body)
	for _, c := range e.Params {
		p.text(", ")
		p.expr(c)
	}
	p.text(")")
}

func (p *printer) call(e Expr) {
	switch e := e.(type) {
	case *Coalesce:
		p.text("coalesce(")
		p.list(e.Args, ", ")
		p.text(")")
	case *Cast:
		if p.pretty && e.Place() == e.Input.Place() {
			p.expr(e.Input)
			return
		}
		if e.Mode == Try {
			p.text("TRY_")
		}
		p.text("CAST(")
		p.expr(e.Input)
		p.text(" AS ", e.Typ.SQL(), ")")
	case *Call:
		p.text(e.Function.Name, "(")
		p.list(e.Args, ", ")
		p.text(")")
	case *Aggregate:
		p.aggregate(e)
	case *WindowCall:
		p.window(e)
	case *Subquery:
		p.subquery(e)
	default:
		p.text(fmt.Sprintf("%T", e))
	}
}

func (p *printer) aggregate(e *Aggregate) {
	p.text(e.Function.Name, "(")
	if e.Distinct {
		p.text("DISTINCT ")
	}
	if len(e.Args) == 0 && e.Function.Name == "count" {
		p.text("1")
	}
	p.list(e.Args, ", ")
	p.text(")")
	if len(e.OrderBy) > 0 {
		p.text(" WITHIN GROUP (ORDER BY ")
		p.sortKeys(e.OrderBy)
		p.text(")")
	}
	if e.Filter != nil {
		p.text(" FILTER (WHERE ")
		p.expr(e.Filter)
		p.text(")")
	}
}

func (p *printer) sortKeys(keys []SortKey) {
	for i, k := range keys {
		if i > 0 {
			p.text(", ")
		}
		p.expr(k.Expr)
		direction, nulls := " ASC", " NULLS LAST"
		if k.Descending {
			direction = " DESC"
		}
		if k.NullsFirst {
			nulls = " NULLS FIRST"
		}
		p.text(direction, nulls)
	}
}

func (p *printer) window(e *WindowCall) {
	p.expr(e.Function)
	p.text(" OVER (")
	separator := ""
	if len(e.PartitionBy) > 0 {
		p.text("PARTITION BY ")
		p.list(e.PartitionBy, ", ")
		separator = " "
	}
	if len(e.OrderBy) > 0 {
		p.text(separator, "ORDER BY ")
		p.sortKeys(e.OrderBy)
	}
	p.text(")")
}

func (p *printer) subquery(e *Subquery) {
	switch e.Kind {
	case ExistsSubquery:
		p.text("exists(subquery)")
	case InSubquery:
		p.infix(e.Values, ",")
		p.text(" IN (subquery)")
	default:
		p.text("scalarsubquery()")
	}
}

// FormatLiteral prints a value of type t as Spark prints a literal; nil is NULL.
func FormatLiteral(v any, t types.Type) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case bool:
		return strconv.FormatBool(v)
	case string:
		return "'" + strings.ReplaceAll(v, "'", "\\'") + "'"
	case []byte:
		if t.Kind == types.String {
			return FormatLiteral(string(v), t)
		}
		return "X'" + strings.ToUpper(hex.EncodeToString(v)) + "'"
	case float64:
		return formatFloat(v, 64) + "D"
	case float32:
		return formatFloat(float64(v), 32)
	case types.Int128:
		return formatInteger(v, t)
	}
	if n, ok := types.Integer64(v); ok {
		switch { // v may be the bound of a comparison, as wide as any
		case t.Kind == types.YearMonthInterval && n == int64(int32(n)):
			return types.SQLLiteral(int32(n), t, nil)
		case t.Kind == types.DayTimeInterval:
			return types.SQLLiteral(n, t, nil)
		}
		return formatInteger(types.Int128From(n), t)
	}
	return fmt.Sprint(v)
}

func formatFloat(v float64, bits int) string {
	switch {
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	case v == math.Trunc(v) && math.Abs(v) < 1e7:
		return strconv.FormatFloat(v, 'f', 1, bits)
	}
	return strconv.FormatFloat(v, 'g', -1, bits)
}

func formatInteger(v types.Int128, t types.Type) string {
	digits := v.String()
	switch t.Kind {
	case types.Decimal:
		return placePoint(digits, int(t.Scale)) + decimalSuffix(t)
	case types.Long:
		return digits + "L"
	case types.Byte:
		return digits + "Y"
	case types.Short:
		return digits + "S"
	case types.Date:
		return "DATE '" + formatDate(v.Int64()) + "'"
	case types.Timestamp, types.TimestampNTZ:
		return strings.ToUpper(t.String()) + " '" + formatTimestamp(v.Int64()) + "'"
	}
	return digits
}

func decimalSuffix(t types.Type) string {
	if t.Scale == 0 {
		return "BD"
	}
	return ""
}

func placePoint(digits string, scale int) string {
	if scale == 0 {
		return digits
	}
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale-len(digits)+1) + digits
	}
	at := len(digits) - scale
	return sign + digits[:at] + "." + digits[at:]
}
