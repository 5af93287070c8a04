package builtin_test

import "strings"

var gridAggregateStatements []string

// gridAggregates tries aggregates over all edges of a type, over nothing, over NULL, and in groups.
func gridAggregates() {
	shapes := []string{"SELECT %s FROM %v AS t(x)", "SELECT %s FROM %v AS t(x) WHERE x IS NULL", "SELECT %s FROM %v AS t(x) WHERE false",
		"SELECT x IS NULL, %s FROM %v AS t(x) GROUP BY x IS NULL"}
	add := func(aggregates, typeNames string) {
		for _, name := range strings.Fields(typeNames) {
			values := "VALUES (" + strings.Join(edges[name], "), (") + ")"
			for _, aggregate := range strings.Split(aggregates, ";") {
				for _, shape := range shapes {
					gridAggregateStatements = append(gridAggregateStatements, strings.NewReplacer("%s", aggregate, "%v", values).Replace(shape))
				}
			}
		}
	}
	everything := "boolean tinyint smallint int bigint float double decimal string binary date timestamp ntz year-month day-time"
	add("min(x), max(x), count(x), count(*), count(DISTINCT x), count_if(x IS NULL)", everything)
	add("first(x), last(x), first(x, true), last(x, true), any_value(x)", everything)
	add("collect_list(x), size(collect_set(x)), max_by(x, x), min_by(x, x)", everything)
	add("approx_count_distinct(x)", everything)
	add("sum(x);avg(x);try_sum(x), try_avg(x)", "tinyint smallint int bigint float double decimal year-month day-time")
	add("stddev(x), stddev_pop(x), var_samp(x), var_pop(x);skewness(x);kurtosis(x)", "tinyint smallint int bigint decimal")
	add("corr(x, x);covar_pop(x, x), covar_samp(x, x);regr_slope(x, x), regr_intercept(x, x), regr_r2(x, x), regr_count(x, x)", "int bigint decimal")
	add("median(x), percentile(x, 0.3), percentile(x, array(0.25, 0.9));percentile_cont(0.5) WITHIN GROUP (ORDER BY x);percentile_disc(0.5) WITHIN GROUP (ORDER BY x DESC)", "tinyint smallint int bigint double year-month day-time")
	add("approx_percentile(x, 0.5), approx_percentile(x, array(0.1, 0.9))", "tinyint smallint int bigint float double decimal date timestamp year-month day-time")
	// Spark's sketches of several partitions lose values beside NaN when they are merged: the rows are those of one.
	for _, values := range []string{"(1.5D), (nan)", "(nan), (1.5D)", "(nan), (1.5D), (nan)", "(nan), (nan)", "(2.5D), (nan), (1.5D)", "(nan), (1.5D), (NULL), (-infinity), (infinity)"} {
		gridAggregateStatements = append(gridAggregateStatements, "SELECT approx_percentile(x, 0.2), approx_percentile(x, array(0.0, 0.3, 0.5, 0.7, 1.0)) FROM (SELECT /*+ COALESCE(1) */ * FROM VALUES "+
			strings.NewReplacer("nan", "double('NaN')", "-infinity", "double('-Infinity')", "infinity", "double('Infinity')").Replace(values)+") AS t(x)")
	}
	add("bit_and(x), bit_or(x), bit_xor(x)", "tinyint smallint int bigint")
	add("bool_and(x), bool_or(x), every(x), some(x)", "boolean")
}
