package builtin_test

import (
	"sort"
	"strings"
)

// edges are the values of each type that functions are tried on, as SQL.
var edges = map[string][]string{
	"boolean":    {"NULL", "true", "false"},
	"tinyint":    {"CAST(NULL AS TINYINT)", "0Y", "127Y", "-128Y", "5Y"},
	"smallint":   {"CAST(NULL AS SMALLINT)", "32767S", "-32768S", "-7S"},
	"int":        {"CAST(NULL AS INT)", "0", "1", "-1", "7", "2147483647", "-2147483648"},
	"bigint":     {"CAST(NULL AS BIGINT)", "0L", "-3L", "9223372036854775807L", "-9223372036854775808L"},
	"float":      {"CAST(NULL AS FLOAT)", "float('0.1')", "float('-0.0')", "float('NaN')", "float('Infinity')", "float('3.4028235E38')", "float('-2.5')"},
	"double":     {"CAST(NULL AS DOUBLE)", "0.0D", "double('-0.0')", "1.5D", "-2.5D", "1E-300D", "1.7976931348623157E308D", "double('NaN')", "double('Infinity')", "double('-Infinity')"},
	"decimal":    {"CAST(NULL AS DECIMAL(10,2))", "0.00", "12.345", "-0.5", "CAST('99999999999999999999999999999999999999' AS DECIMAL(38,0))", "CAST('-0.00000000000000000000000000000000000001' AS DECIMAL(38,38))"},
	"string":     {"CAST(NULL AS STRING)", "''", "'abc'", "' 12 '", "'-1.5e3'", "'é😀x'", "'true'", "'2020-02-29'", "'2020-02-29 12:34:56.789'", "'99999999999999999999'", "'NaN'"},
	"binary":     {"CAST(NULL AS BINARY)", "X''", "X'00FF41'"},
	"date":       {"CAST(NULL AS DATE)", "DATE '1970-01-01'", "DATE '2020-02-29'", "DATE '0001-01-01'", "DATE '9999-12-31'"},
	"timestamp":  {"CAST(NULL AS TIMESTAMP)", "TIMESTAMP '1970-01-01 00:00:00'", "TIMESTAMP '2020-02-29 23:59:59.999999'", "TIMESTAMP '0001-01-01 00:00:00'", "TIMESTAMP '9999-12-31 12:00:00'"},
	"ntz":        {"CAST(NULL AS TIMESTAMP_NTZ)", "TIMESTAMP_NTZ '2020-02-29 12:34:56.5'", "TIMESTAMP_NTZ '1969-12-31 23:59:59'"},
	"year-month": {"CAST(NULL AS INTERVAL YEAR TO MONTH)", "INTERVAL '0-0' YEAR TO MONTH", "INTERVAL '-1-11' YEAR TO MONTH", "INTERVAL '178956970-7' YEAR TO MONTH"},
	"day-time":   {"CAST(NULL AS INTERVAL DAY TO SECOND)", "INTERVAL '0 00:00:00' DAY TO SECOND", "INTERVAL '-3 04:05:06.789' DAY TO SECOND", "INTERVAL '106751991 04:00:54.775807' DAY TO SECOND"},
}

// gridCall is a call whose ? stand for values of the named types. Each call is tried with each edge of each of its
// types, the other places taking their edges in turn.
type gridCall struct {
	call  string
	types []string
}

var gridCalls []gridCall

// call adds calls that all take the same types.
func call(types string, calls ...string) {
	for _, c := range calls {
		gridCalls = append(gridCalls, gridCall{c, strings.Fields(types)})
	}
}

// deviations are statements whose results differ from Spark's on purpose, with the reason.
var deviations = map[string]string{
	"SELECT - CAST('99999999999999999999999999999999999999' AS DECIMAL(38,0))":                  "Spark fails though the result fits",
	"SELECT -0.5 div CAST('-0.00000000000000000000000000000000000001' AS DECIMAL(38,38))":       "Spark's result has wrapped around",
	"SELECT CAST('99999999999999999999999999999999999999' AS DECIMAL(38,0)) div -0.5":           "another condition for the same overflow",
	"SELECT CAST(CAST('99999999999999999999999999999999999999' AS DECIMAL(38,0)) AS TIMESTAMP)": "both wrap around, Spark after rounding to 34 digits",
}

// deviatingAggregates are statements over all edges of a type that differ on purpose.
var deviatingAggregates = []struct{ start, over, reason string }{
	{"avg(x)", "9223372036854775807L", "kiln's sum of integers is exact, Spark's is a sum of doubles"},
	{"try_sum(x)", "9223372036854775807L", "as avg"},
	{"skewness(x)", "2147483647", "the cancellation of huge values leaves other last digits"},
	{"skewness(x)", "9223372036854775807L", "as above"},
	{"kurtosis(x)", "2147483647", "as above"},
	{"sum(x)", "DECIMAL(38,38)", "Spark has another condition for the overflow of a group than for that of a whole table"},
	{"avg(x)", "DECIMAL(38,38)", "as sum"},
}

func init() {
	for _, f := range strings.Fields(`sqrt cbrt exp expm1 sin cos tan cot sec csc asin acos atan sinh cosh tanh asinh acosh atanh degrees radians
		rint ln log10 log2 log1p log sign isnan`) {
		call("double", f+"(?)")
	}
	for _, numeric := range strings.Fields("tinyint smallint int bigint float double decimal string") {
		call(numeric, "abs(?)", "ceil(?)", "floor(?)", "round(?)", "bround(?)", "- ?", "positive(?)", "hex(?)", "sign(?)", "zeroifnull(?)", "nullifzero(?)")
	}
	call("double double", "power(?, ?)", "atan2(?, ?)", "hypot(?, ?)", "log(?, ?)", "pmod(?, ?)", "nanvl(?, ?)")
	call("decimal", "round(?, 1)", "round(?, -1)", "bround(?, 1)", "ceil(?, 1)", "floor(?, -1)")
	call("double", "round(?, 1)", "round(?, -2)", "bround(?, 1)", "floor(?, 1)")
	call("float", "round(?, 1)", "isnan(?)", "nanvl(?, float('1'))")
	call("int", "round(?, -1)", "bround(?, -9)", "factorial(?)", "bin(?)", "bit_count(?)", "~ ?", "? << 1", "? >> 1", "? >>> 1", "rand(?)", "randn(?)")
	call("bigint", "bin(?)", "bit_count(?)", "~ ?", "? << 1", "? >> 1", "? >>> 1", "getbit(?, 3)", "conv(?, 10, 16)", "conv(?, 10, -2)")
	call("string", "conv(?, 36, 10)", "hex(?)", "unhex(?)", "assert_true(length(?) > 0)", "raise_error(?)")
	call("binary", "hex(?)")
	call("boolean", "bit_count(?)", "not ?", "assert_true(?)", "? is true", "? is not false", "if(?, 1, 2)", "CASE WHEN ? THEN 'a' END")
	call("boolean boolean", "? and ?", "? or ?", "? = ?", "? < ?", "? <=> ?")
	call("double double double int", "width_bucket(?, ?, ?, ?)")
	for _, t := range strings.Fields("tinyint smallint int bigint float double decimal") {
		call(t+" "+t, "? + ?", "? - ?", "? * ?", "? / ?", "? % ?", "pmod(?, ?)", "try_add(?, ?)", "try_subtract(?, ?)", "try_multiply(?, ?)", "try_divide(?, ?)", "try_mod(?, ?)",
			"? = ?", "? < ?", "greatest(?, ?)", "least(?, ?)", "nullif(?, ?)", "coalesce(?, ?)")
	}
	for _, pair := range []string{"int decimal", "decimal bigint", "string int", "decimal double", "smallint float", "string double", "bigint double"} {
		call(pair, "? + ?", "? * ?", "? / ?", "? = ?", "? <= ?", "coalesce(?, ?)", "nvl2(?, 1, ?)", "if(true, ?, ?)")
	}
	for _, t := range strings.Fields("int bigint decimal") {
		call(t+" "+t, "? div ?")
	}
	call("int int", "? & ?", "? | ?", "? ^ ?", "shiftleft(?, ?)", "shiftright(?, ?)")
	for _, t := range strings.Fields("string binary date timestamp ntz year-month day-time") {
		call(t+" "+t, "? = ?", "? < ?", "? <=> ?", "greatest(?, ?)", "least(?, ?)", "? BETWEEN ? AND NULL")
	}
	gridDates()
	gridCasts()
	gridAggregates()
}

// gridDates is arithmetic on dates and intervals.
func gridDates() {
	call("date int", "? + ?", "? - ?")
	call("date date", "? - ?")
	call("timestamp timestamp", "? - ?")
	call("ntz ntz", "? - ?")
	call("date year-month", "? + ?", "? - ?")
	call("date day-time", "? + ?", "? - ?")
	call("timestamp year-month", "? + ?", "? - ?")
	call("timestamp day-time", "? + ?", "? - ?")
	call("ntz day-time", "? + ?")
	call("timestamp date", "? - ?", "? < ?", "coalesce(?, ?)")
	for _, t := range []string{"year-month", "day-time"} {
		call(t+" "+t, "? + ?", "? - ?", "try_add(?, ?)", "? div ?")
		call(t+" int", "? * ?", "? / ?", "try_multiply(?, ?)", "try_divide(?, ?)")
		call(t+" double", "? * ?", "? / ?")
		call(t+" decimal", "? * ?", "? / ?")
		call(t, "- ?", "abs(?)", "sign(?)")
	}
}

// gridCasts is every pair of atomic types.
func gridCasts() {
	targets := []string{"BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL(10,2)", "DECIMAL(38,10)", "DECIMAL(3,1)", "STRING",
		"BINARY", "DATE", "TIMESTAMP", "TIMESTAMP_NTZ", "INTERVAL YEAR TO MONTH", "INTERVAL MONTH", "INTERVAL DAY TO SECOND", "INTERVAL HOUR"}
	for from := range edges {
		for _, to := range targets {
			call(from, "CAST(? AS "+to+")")
		}
		for _, to := range []string{"INT", "DECIMAL(3,1)", "DATE", "BOOLEAN"} {
			call(from, "TRY_CAST(? AS "+to+")")
		}
	}
	call("string", "TRY_CAST(? AS TIMESTAMP)", "TRY_CAST(? AS DOUBLE)", "TRY_CAST(? AS INTERVAL DAY TO SECOND)",
		"CAST(array(?) AS ARRAY<INT>)", "TRY_CAST(array(?) AS ARRAY<INT>)", "CAST(struct(?, 1) AS STRUCT<a: DOUBLE, b: STRING>)", "CAST(map('k', ?) AS MAP<STRING, BOOLEAN>)",
		"CAST(array(?, 'x') AS STRING)", "CAST(struct(?, 1.50) AS STRING)", "CAST(map('k', ?) AS STRING)")
	call("double", "CAST(array(?, 1.5D) AS STRING)", "CAST(array(?) AS ARRAY<INT>)")
}

// gridStatements are the statements of the grid, in a fixed order and each once.
func gridStatements() []string {
	var statements []string
	seen := map[string]bool{}
	add := func(sql string) {
		if !seen[sql] {
			seen[sql] = true
			statements = append(statements, sql)
		}
	}
	for _, g := range gridCalls {
		for place, name := range g.types {
			for n, edge := range edges[name] {
				add("SELECT " + fillCall(g, place, n, edge))
			}
		}
	}
	for _, a := range gridAggregateStatements {
		add(a)
	}
	sort.Strings(statements) // the edges are a map, so the order above varies
	return statements
}

// fillCall puts an edge in one place of a call, and other edges that depend on n in the others.
func fillCall(g gridCall, place, n int, edge string) string {
	parts := strings.Split(g.call, "?")
	var b strings.Builder
	for i, part := range parts {
		b.WriteString(part)
		if i == len(parts)-1 {
			break
		}
		at := min(i, len(g.types)-1)
		if at == place {
			b.WriteString(edge)
			continue
		}
		choices := edges[g.types[at]]
		b.WriteString(choices[(n+i+1)%len(choices)])
	}
	return b.String()
}
