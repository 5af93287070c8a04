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
		if e.Type.IsNested() {
			return n.expr(e.Input) // Spark forgets that the user wrote it
		}
		word := "CAST("
		if e.Try {
			word = "TRY_CAST("
		}
		return word + n.expr(e.Input) + " AS " + castTypeName(e.Type) + ")"
	case *ast.Case:
		return n.caseOf(e)
	case *ast.In:
		value := n.expr(e.Value)
		if row, ok := e.Value.(*ast.Call); ok && e.Query != nil && isRow(row) {
			value = n.row(row, "'")
		}
		if e.Query != nil {
			return "(" + value + " IN (listquery(" + n.outer(e) + ")))"
		}
		return "(" + value + " IN (" + n.list(e.List) + "))"
	case *ast.Exists:
		return "exists(" + n.outer(e) + ")"
	case *ast.ScalarSubquery:
		return "scalarsubquery(" + n.outer(e) + ")"
	case *ast.Outer:
		return "outer(" + n.expr(e.Input) + ")"
	case *ast.Subscript:
		return n.expr(e.Base) + "[" + n.expr(e.Index) + "]"
	case *ast.Field:
		return n.expr(e.Base) + "." + e.Name
	case *ast.Lambda:
		inner := n
		inner.lambdas = append(slices.Clip(n.lambdas), e.Params...)
		text := "lambdafunction(" + inner.expr(e.Body)
		for range e.Params {
			text += ", namedlambdavariable()"
		}
		return text + ")"
	case *ast.NamedArgument:
		return n.expr(e.Value)
	case *ast.Star:
		return "*"
	}
	return ""
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

// infixOperators are printed between their operands, in brackets.
var infixOperators = map[string]string{
	"+": "+", "-": "-", "*": "*", "/": "/", "%": "%", "div": "div", "=": "=", "==": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
	"<=>": "<=>", "and": "AND", "or": "OR", "&": "&", "|": "|", "^": "^", "<<": "<<", ">>": ">>", ">>>": ">>>",
}

func (n namer) call(e *ast.Call) string {
	if isRow(e) {
		return n.row(e, "")
	}
	name := strings.ToLower(e.Func[len(e.Func)-1])
	if text, ok := n.operator(e, name); ok {
		return text
	}
	text := n.function(e, name)
	if e.Filter != nil {
		text += " FILTER (WHERE " + n.expr(e.Filter) + ")"
	}
	if e.IgnoreNulls != nil && *e.IgnoreNulls {
		text += " ignore nulls"
	}
	if e.Over != nil {
		text += " OVER (" + n.window(e.Over, e, name) + ")"
	}
	return text
}

// operator prints operators, and the functions that Spark prints like them.
func (n namer) operator(e *ast.Call, name string) (string, bool) {
	if text, ok := n.temporal(e, name); ok {
		return text, true
	}
	if n.site != nil {
		if text, ok := n.site.comparisonNames[e]; ok {
			return text, true
		}
	}
	if infix, ok := infixOperators[name]; ok && len(e.Args) == 2 {
		return "(" + n.expr(e.Args[0]) + " " + infix + " " + n.expr(e.Args[1]) + ")", true
	}
	switch {
	case patternSets[name] != "" && len(e.Args) > 1:
		return n.patternSet(e, name), true
	case len(e.Args) == 1:
		arg := n.expr(e.Args[0])
		switch name {
		case "not", "!":
			if inner, ok := e.Args[0].(*ast.Call); ok && inner.Operator && inner.Func[0] == "isunknown" && inner.Span == e.Span { // IS NOT UNKNOWN
				if l, ok := inner.Args[0].(*ast.Literal); ok && l.Value != nil {
					return "(" + n.expr(l) + " IS NOT UNKNOWN)", true
				}
				return "(" + n.expr(inner.Args[0]) + " IS NOT NULL)", true
			}
			return "(NOT " + arg + ")", true
		case "negative", "-":
			if name == "negative" && !e.Operator {
				return "negative(" + arg + ")", true
			}
			return "(- " + arg + ")", true
		case "positive", "+":
			return "(+ " + arg + ")", true
		case "isnull":
			return "(" + arg + " IS NULL)", true
		case "isnotnull":
			return "(" + arg + " IS NOT NULL)", true
		case "istrue":
			return "(" + arg + " <=> true)", true
		case "isfalse":
			return "(" + arg + " <=> false)", true
		case "isunknown":
			return "(" + arg + " IS NULL)", true
		case "~":
			return "~" + arg, true
		}
	case len(e.Args) == 2:
		left, right := n.expr(e.Args[0]), n.expr(e.Args[1])
		switch name {
		case "!=", "<>":
			return "(NOT (" + left + " = " + right + "))", true
		case "like":
			return left + " LIKE " + right, true
		case "rlike", "regexp", "regexp_like":
			return strings.ToUpper(name) + "(" + left + ", " + right + ")", true
		case "||":
			return "concat(" + left + ", " + right + ")", true
		case "mod":
			return "mod(" + left + ", " + right + ")", true
		}
	case name == "between":
		return "between(" + n.list(e.Args) + ")", true
	case name == "like":
		return n.expr(e.Args[0]) + " LIKE " + n.expr(e.Args[1]) + " ESCAPE '" + n.expr(e.Args[2]) + "'", true
	case name == "if" && len(e.Args) == 3:
		return "(IF(" + n.list(e.Args) + "))", true
	}
	return "", false
}

// temporal prints arithmetic on dates, timestamps and intervals, which Spark turns into functions before it names them.
func (n namer) temporal(e *ast.Call, name string) (string, bool) {
	if n.site == nil || len(e.Args) != 2 || name != "+" && name != "-" && name != "*" {
		return "", false
	}
	left, right := n.site.printedTypes[e.Args[0]], n.site.printedTypes[e.Args[1]]
	if right.IsInterval() && name != "*" && n.site.printedTypes[e].Kind == types.String {
		return n.expr(e.Args[0]) + " " + name + " " + n.expr(e.Args[1]), true // the text of a timestamp
	}
	if name == "*" && (!right.IsInterval() || left.IsInterval()) || name != "*" && !isInstant(left) && !isInstant(right) {
		return "", false // before the operands are printed, or a deep chain would take for ever
	}
	a, b := n.expr(e.Args[0]), n.expr(e.Args[1])
	if name == "*" {
		return "(" + b + " * " + a + ")", true
	}
	if name == "+" && isInstant(right) && !isInstant(left) {
		left, right, a, b = right, left, b, a
	}
	switch {
	case !isInstant(left) || isInstant(right):
		return "", false
	case right.IsInterval() && left.Kind == types.Date && right.Kind == types.DayTimeInterval && right.End == types.FieldDay:
		days := "extractansiintervaldays(" + b + ")"
		if name == "-" {
			days = "(- " + days + ")"
		}
		return "date_add(" + a + ", " + days + ")", true
	case right.IsInterval():
		return a + " " + name + " " + b, true
	case left.Kind != types.Date || n.site.printedTypes[e].IsInterval():
		return "", false
	case name == "-":
		return "date_sub(" + a + ", " + b + ")", true
	}
	return "date_add(" + a + ", " + b + ")", true
}

func isInstant(t types.Type) bool {
	return t.Kind == types.Date || t.Kind == types.Timestamp || t.Kind == types.TimestampNTZ
}

// patternSets are LIKE ALL and its kin; Spark's names of them leave the patterns out.
var patternSets = map[string]string{
	"like_all": "likeall", "like_any": "likeany", "not_like_all": "notlikeall", "not_like_any": "notlikeany",
	"ilike_all": "likeall", "ilike_any": "likeany", "not_ilike_all": "notlikeall", "not_ilike_any": "notlikeany",
}

// otherNames are functions that Spark prints under another name.
var otherNames = map[string]string{"array_agg": "collect_list", "curdate": "current_date", "current_database": "current_schema", "random": "rand", "e": "E", "pi": "PI", "spark_partition_id": "SPARK_PARTITION_ID"}

// upperNames are functions whose names Spark prints in upper case.
var upperNames = map[string]string{
	"acos": "ACOS", "acosh": "ACOSH", "asin": "ASIN", "asinh": "ASINH", "atan": "ATAN", "atan2": "ATAN2", "atanh": "ATANH", "cbrt": "CBRT",
	"cos": "COS", "cosh": "COSH", "cot": "COT", "csc": "CSC", "degrees": "DEGREES", "exp": "EXP", "expm1": "EXPM1", "hypot": "HYPOT",
	"log10": "LOG10", "log1p": "LOG1P", "log2": "LOG2", "power": "POWER", "radians": "RADIANS", "sec": "SEC", "signum": "SIGNUM",
	"sin": "SIN", "sinh": "SINH", "sqrt": "SQRT", "tan": "TAN", "tanh": "TANH", "rank": "RANK", "dense_rank": "DENSE_RANK", "percent_rank": "PERCENT_RANK", "log": "LOG", "rlike": "RLIKE",
}

// defaults are the arguments that Spark adds to names where optional ones are left out, from the argument of index first on.
type defaults struct {
	first  int
	values []string
}

const identityLambda = "lambdafunction(namedlambdavariable(), namedlambdavariable())"

// sortLambda is the comparison that array_sort has without one.
const sortLambda = "lambdafunction((IF(((namedlambdavariable() IS NULL) AND (namedlambdavariable() IS NULL)), 0, (IF((namedlambdavariable() IS NULL), 1, (IF((namedlambdavariable() IS NULL), -1, (IF((namedlambdavariable() < namedlambdavariable()), -1, (IF((namedlambdavariable() > namedlambdavariable()), 1, 0)))))))))), namedlambdavariable(), namedlambdavariable())"

var defaultArguments = map[string]defaults{
	"aes_decrypt": {2, []string{"GCM", "DEFAULT", ""}}, "aes_encrypt": {2, []string{"GCM", "DEFAULT", "", ""}},
	"aggregate": {3, []string{identityLambda}}, "reduce": {3, []string{identityLambda}}, "array_sort": {1, []string{sortLambda}},
	"approx_percentile": {2, []string{"10000"}}, "percentile_approx": {2, []string{"10000"}}, "percentile": {2, []string{"1"}},
	"bround": {1, []string{"0"}}, "round": {1, []string{"0"}}, "from_unixtime": {1, []string{"yyyy-MM-dd HH:mm:ss"}},
	"hll_sketch_agg": {1, []string{"12"}}, "hll_union": {2, []string{"false"}}, "hll_union_agg": {1, []string{"false"}},
	"lag": {1, []string{"1", "NULL"}}, "lead": {1, []string{"1", "NULL"}}, "listagg": {1, []string{"NULL"}}, "string_agg": {1, []string{"NULL"}},
	"locate": {2, []string{"1"}}, "position": {2, []string{"1"}}, "lpad": {2, []string{" "}}, "rpad": {2, []string{" "}},
	"make_dt_interval": {0, []string{"0", "0", "0", "0.000000"}}, "make_ym_interval": {0, []string{"0", "0"}},
	"make_interval":     {0, []string{"0", "0", "0", "0", "0", "0", "0.000000"}},
	"try_make_interval": {0, []string{"0", "0", "0", "0", "0", "0", "0.000000"}}, "try_aes_decrypt": {2, []string{"GCM", "DEFAULT", ""}},
	"mask": {1, []string{"X", "x", "n", "NULL"}}, "months_between": {2, []string{"true"}}, "overlay": {3, []string{"-1"}},
	"regexp_extract": {2, []string{"1"}}, "regexp_extract_all": {2, []string{"1"}}, "regexp_instr": {2, []string{"0"}}, "regexp_replace": {3, []string{"1"}},
	"replace": {2, []string{""}}, "sentences": {1, []string{"", ""}}, "sort_array": {1, []string{"true"}}, "split": {2, []string{"-1"}},
	"str_to_map": {1, []string{",", ":"}}, "substr": {2, []string{"2147483647"}}, "substring": {2, []string{"2147483647"}}, "mid": {2, []string{"2147483647"}},
	"to_unix_timestamp": {1, []string{"yyyy-MM-dd HH:mm:ss"}}, "unix_timestamp": {0, []string{"current_timestamp()", "yyyy-MM-dd HH:mm:ss"}},
}

// firstOnly are functions whose names show their first argument alone.
var firstOnly = map[string]bool{
	"approx_count_distinct": true,
	"first":                 true, "first_value": true, "last": true, "last_value": true, "any_value": true, "from_csv": true, "from_json": true, "from_xml": true,
	"schema_of_csv": true, "schema_of_json": true, "schema_of_xml": true, "to_csv": true, "to_json": true, "to_xml": true,
}

// castFunctions are casts written as functions: their names are those of their arguments.
var castFunctions = map[string]bool{
	"boolean": true, "tinyint": true, "smallint": true, "int": true, "bigint": true, "float": true, "double": true, "decimal": true,
	"date": true, "timestamp": true, "binary": true, "string": true,
}

func (n namer) function(e *ast.Call, name string) string {
	list := e.Args
	if n.site != nil {
		if placed, err := n.site.namedArguments(list, name); err == nil {
			list = placed
		}
	}
	args := n.arguments(list)
	nameConstantLambda(name, list, args)
	if name == "count" && len(e.Args) == 1 && isPlainStar(e.Args[0]) && !e.Distinct {
		args = []string{"1"}
	}
	if castFunctions[name] && len(args) == 1 {
		return args[0]
	}
	if d, ok := defaultArguments[name]; ok && len(args) >= d.first && len(args)-d.first < len(d.values) {
		args = append(args, d.values[len(args)-d.first:]...)
	}
	if (name == "lpad" || name == "rpad") && len(e.Args) == 2 && n.site != nil && n.site.printedTypes[e.Args[0]].Kind == types.Binary {
		args[2] = "X'00'"
	}
	if firstOnly[name] {
		args = args[:min(1, len(args))]
	}
	switch name {
	case "extract", "datepart":
		return name + "(" + strings.Join(args, " FROM ") + ")"
	case "trim", "ltrim", "rtrim", "btrim", "trim_both", "trim_leading", "trim_trailing":
		if text, ok := trimName(name, args); ok {
			return text
		}
	case "percentile_cont", "percentile_disc", "listagg", "string_agg", "mode":
		if text, ok := n.ordered(e, name, args); ok {
			return text
		}
	case "log":
		if len(args) == 1 {
			return "LOG(E(), " + args[0] + ")"
		}
	case "rank", "dense_rank", "percent_rank":
		args = nil
	case "raise_error":
		if len(args) == 1 {
			args = []string{"USER_RAISED_EXCEPTION", "map(errorMessage, " + args[0] + ")"}
		}
	case "convert_timezone":
		if len(args) == 2 {
			args = append([]string{"current_timezone()"}, args...)
		}
	case "dateadd", "date_add":
		if name = "date_add"; len(args) == 3 {
			name = "timestampadd"
		}
	case "datediff", "date_diff", "timediff":
		if len(args) == 3 {
			name = "timestampdiff"
		}
	case "ilike", "variant_get", "try_variant_get":
		args = args[:min(2, len(args))]
	case "to_char", "to_varchar":
		if text, ok := n.toChar(e, name, args); ok {
			return text
		}
		name = "to_char"
	case "assert_true":
		if len(args) == 1 {
			args = append(args, "'"+args[0]+"' is not true!")
		}
	case "ceil", "floor":
		if len(args) == 1 {
			name = strings.ToUpper(name)
		}
	}
	if upper, ok := upperNames[name]; ok {
		name = upper
	} else if other, ok := otherNames[name]; ok {
		name = other
	}
	distinct := ""
	if e.Distinct {
		distinct = "DISTINCT "
	}
	return name + "(" + distinct + strings.Join(args, ", ") + ")"
}

// ordered names aggregate functions with WITHIN GROUP. Of values that are equally frequent, mode() WITHIN GROUP (ORDER BY x)
// takes the first; Spark prints the order of its implementation, which is the other way round.
func (n namer) ordered(e *ast.Call, name string, args []string) (string, bool) {
	const within = ") WITHIN GROUP (ORDER BY "
	if name == "mode" {
		switch {
		case len(e.WithinGroup) == 1:
			text := "mode(" + within + n.expr(e.WithinGroup[0].Expr)
			if !e.WithinGroup[0].Descending {
				text += " DESC"
			}
			return text + ")", true
		case len(args) == 2 && args[1] == "true":
			return "mode(" + within + args[0] + " DESC)", true
		case len(args) == 2:
			return "mode(" + args[0] + ")", true
		}
		return "", false
	}
	if e.WithinGroup == nil {
		return "", false
	}
	if name == "percentile_cont" || name == "percentile_disc" {
		return name + "(" + strings.Join(args, ", ") + within + n.withinGroup(e.WithinGroup) + ")", true
	}
	distinct := ""
	if e.Distinct {
		distinct = "DISTINCT "
	}
	return "listagg(" + distinct + strings.Join(args, ", ") + within + n.sortItems(e.WithinGroup) + ")", true
}

// arguments are those of a call by name; a star stands for the columns it expands to.
func (n namer) arguments(list []ast.Expr) []string {
	args := make([]string, 0, len(list))
	for _, a := range list {
		star, ok := a.(*ast.Star)
		if ok && n.site != nil {
			if columns, err := n.site.star(star); err == nil {
				for _, c := range columns {
					args = append(args, c.name)
				}
				continue
			}
		}
		if cast, ok := a.(*ast.Cast); ok && !cast.Try && (cast.Type.Kind == types.Array || cast.Type.Kind == types.Map) {
			a = cast.Input // Spark forgets that the user asked for the cast
		}
		args = append(args, n.expr(a))
	}
	return args
}

func trimName(name string, args []string) (string, bool) {
	direction, ok := map[string]string{"trim": "BOTH", "btrim": "", "trim_both": "BOTH", "ltrim": "LEADING", "trim_leading": "LEADING", "rtrim": "TRAILING", "trim_trailing": "TRAILING"}[name]
	if !ok || direction == "" {
		return "", false
	}
	switch {
	case len(args) == 2:
		return "TRIM(" + direction + " " + args[0] + " FROM " + args[1] + ")", true
	case name == "trim_both":
		return "trim(" + args[0] + ")", true
	case name == "trim_leading":
		return "ltrim(" + args[0] + ")", true
	case name == "trim_trailing":
		return "rtrim(" + args[0] + ")", true
	}
	return "", false
}

func (n namer) sortItems(items []ast.SortItem) string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = item.Text(n.expr(item.Expr))
	}
	return strings.Join(texts, ", ")
}

// withinGroup prints an ordering without its defaults.
func (n namer) withinGroup(items []ast.SortItem) string {
	texts := make([]string, len(items))
	for i, it := range items {
		texts[i] = n.expr(it.Expr)
		if it.Descending {
			texts[i] += " DESC"
		}
	}
	return strings.Join(texts, ", ")
}

// rankingFrames are window functions whose frame is always the rows so far.
var rankingFrames = map[string]bool{
	"row_number": true, "rank": true, "dense_rank": true, "percent_rank": true, "ntile": true,
}

func (n namer) window(w *ast.Window, e *ast.Call, name string) string {
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
	return strings.Join(append(parts, n.frame(w, e, name)), " ")
}

func (n namer) frame(w *ast.Window, e *ast.Call, name string) string {
	f := w.Frame
	switch {
	case name == "lag" || name == "lead":
		offset := "1"
		if len(e.Args) > 1 {
			offset = n.expr(e.Args[1])
		}
		if name == "lag" {
			if offset = "-" + offset; strings.HasPrefix(offset, "--") {
				offset = offset[2:]
			}
		}
		return "ROWS BETWEEN " + offset + " FOLLOWING AND " + offset + " FOLLOWING"
	case name == "cume_dist":
		return "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
	case rankingFrames[name]:
		return "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
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
