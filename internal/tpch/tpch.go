// Package tpch has the 22 queries of TPC-H as DataFrame programs: verbs, columns and functions only, no SQL text. The SQL
// forms are in testdata/tpch/queries; a test shows that both become the same plan.
package tpch

import (
	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/functions"
)

// Queries are the programs, Queries[0] being Q1. The tables are views of the session.
var Queries = []func(*kiln.Session) *kiln.DataFrame{
	q1, q2, q3, q4, q5, q6, q7, q8, q9, q10, q11, q12, q13, q14, q15, q16, q17, q18, q19, q20, q21, q22,
}

var (
	col  = kiln.Col
	lit  = kiln.Lit
	dec  = functions.Decimal
	date = functions.Date
)

// from is FROM a, b, c: all pairs, to be joined by what Where says.
func from(s *kiln.Session, tables ...string) *kiln.DataFrame {
	d := s.Table(tables[0])
	for _, t := range tables[1:] {
		d = d.Join(s.Table(t), nil, "inner")
	}
	return d
}

// all is the conjunction of conditions.
func all(first kiln.Column, rest ...kiln.Column) kiln.Column {
	for _, c := range rest {
		first = first.And(c)
	}
	return first
}

// equal is a = b for two columns by name.
func equal(a, b string) kiln.Column { return col(a).Eq(col(b)) }

// outer is a = b where b is a column of the query around.
func outer(a, b string) kiln.Column { return col(a).Eq(col(b).Outer()) }

// revenue is l_extendedprice * (1 - l_discount).
func revenue() kiln.Column {
	return col("l_extendedprice").Multiply(lit(1).Minus(col("l_discount")))
}

// since is the condition that a date is in the time of that length from start on.
func since(column, start, length, unit string) kiln.Column {
	return col(column).Geq(date(start)).And(col(column).Lt(date(start).Plus(functions.Interval(length, unit))))
}

func q1(s *kiln.Session) *kiln.DataFrame {
	return s.Table("lineitem").
		Where(col("l_shipdate").Leq(date("1998-12-01").Minus(functions.Interval("90", "day")))).
		GroupBy("l_returnflag", "l_linestatus").
		Agg(
			functions.Sum("l_quantity").As("sum_qty"),
			functions.Sum("l_extendedprice").As("sum_base_price"),
			functions.Sum(revenue()).As("sum_disc_price"),
			functions.Sum(revenue().Multiply(lit(1).Plus(col("l_tax")))).As("sum_charge"),
			functions.Avg("l_quantity").As("avg_qty"),
			functions.Avg("l_extendedprice").As("avg_price"),
			functions.Avg("l_discount").As("avg_disc"),
			functions.CountStar().As("count_order"),
		).
		OrderBy("l_returnflag", "l_linestatus")
}

func q2(s *kiln.Session) *kiln.DataFrame {
	cheapest := from(s, "partsupp", "supplier", "nation", "region").
		Where(all(
			outer("ps_partkey", "p_partkey"), equal("s_suppkey", "ps_suppkey"), equal("s_nationkey", "n_nationkey"),
			equal("n_regionkey", "r_regionkey"), col("r_name").Eq("EUROPE"),
		)).
		Agg(functions.Min("ps_supplycost"))
	return from(s, "part", "supplier", "partsupp", "nation", "region").
		Where(all(
			equal("p_partkey", "ps_partkey"), equal("s_suppkey", "ps_suppkey"), col("p_size").Eq(15), col("p_type").Like("%BRASS"),
			equal("s_nationkey", "n_nationkey"), equal("n_regionkey", "r_regionkey"), col("r_name").Eq("EUROPE"),
			col("ps_supplycost").Eq(cheapest.Scalar()),
		)).
		Select("s_acctbal", "s_name", "n_name", "p_partkey", "p_mfgr", "s_address", "s_phone", "s_comment").
		OrderBy(col("s_acctbal").Desc(), "n_name", "s_name", "p_partkey").
		Limit(100)
}

func q3(s *kiln.Session) *kiln.DataFrame {
	return from(s, "customer", "orders", "lineitem").
		Where(all(
			col("c_mktsegment").Eq("BUILDING"), equal("c_custkey", "o_custkey"), equal("l_orderkey", "o_orderkey"),
			col("o_orderdate").Lt(date("1995-03-15")), col("l_shipdate").Gt(date("1995-03-15")),
		)).
		GroupBy("l_orderkey", "o_orderdate", "o_shippriority").
		Agg(functions.Sum(revenue()).As("revenue")).
		Select("l_orderkey", "revenue", "o_orderdate", "o_shippriority").
		OrderBy(col("revenue").Desc(), "o_orderdate").
		Limit(10)
}

func q4(s *kiln.Session) *kiln.DataFrame {
	late := s.Table("lineitem").Where(outer("l_orderkey", "o_orderkey").And(col("l_commitdate").Lt(col("l_receiptdate"))))
	return s.Table("orders").
		Where(since("o_orderdate", "1993-07-01", "3", "month").And(late.Exists())).
		GroupBy("o_orderpriority").
		Agg(functions.CountStar().As("order_count")).
		OrderBy("o_orderpriority")
}

func q5(s *kiln.Session) *kiln.DataFrame {
	return from(s, "customer", "orders", "lineitem", "supplier", "nation", "region").
		Where(all(
			equal("c_custkey", "o_custkey"), equal("l_orderkey", "o_orderkey"), equal("l_suppkey", "s_suppkey"),
			equal("c_nationkey", "s_nationkey"), equal("s_nationkey", "n_nationkey"), equal("n_regionkey", "r_regionkey"),
			col("r_name").Eq("ASIA"), since("o_orderdate", "1994-01-01", "1", "year"),
		)).
		GroupBy("n_name").
		Agg(functions.Sum(revenue()).As("revenue")).
		OrderBy(col("revenue").Desc())
}

func q6(s *kiln.Session) *kiln.DataFrame {
	return s.Table("lineitem").
		Where(all(
			since("l_shipdate", "1994-01-01", "1", "year"),
			col("l_discount").Between(dec("0.06").Minus(dec("0.01")), dec("0.06").Plus(dec("0.01"))),
			col("l_quantity").Lt(24),
		)).
		Agg(functions.Sum(col("l_extendedprice").Multiply(col("l_discount"))).As("revenue"))
}

// nations is FROM …, nation n1, nation n2.
func nations(d *kiln.DataFrame, s *kiln.Session) *kiln.DataFrame {
	return d.Join(s.Table("nation").Alias("n1"), nil, "inner").Join(s.Table("nation").Alias("n2"), nil, "inner")
}

func q7(s *kiln.Session) *kiln.DataFrame {
	between := func(a, b string) kiln.Column { return col("n1.n_name").Eq(a).And(col("n2.n_name").Eq(b)) }
	return nations(from(s, "supplier", "lineitem", "orders", "customer"), s).
		Where(all(
			equal("s_suppkey", "l_suppkey"), equal("o_orderkey", "l_orderkey"), equal("c_custkey", "o_custkey"),
			equal("s_nationkey", "n1.n_nationkey"), equal("c_nationkey", "n2.n_nationkey"),
			between("FRANCE", "GERMANY").Or(between("GERMANY", "FRANCE")),
			col("l_shipdate").Between(date("1995-01-01"), date("1996-12-31")),
		)).
		Select(col("n1.n_name").As("supp_nation"), col("n2.n_name").As("cust_nation"),
			functions.Extract(lit("YEAR"), "l_shipdate").As("l_year"), revenue().As("volume")).
		GroupBy("supp_nation", "cust_nation", "l_year").
		Agg(functions.Sum("volume").As("revenue")).
		OrderBy("supp_nation", "cust_nation", "l_year")
}

func q8(s *kiln.Session) *kiln.DataFrame {
	return nations(from(s, "part", "supplier", "lineitem", "orders", "customer"), s).Join(s.Table("region"), nil, "inner").
		Where(all(
			equal("p_partkey", "l_partkey"), equal("s_suppkey", "l_suppkey"), equal("l_orderkey", "o_orderkey"),
			equal("o_custkey", "c_custkey"), equal("c_nationkey", "n1.n_nationkey"), equal("n1.n_regionkey", "r_regionkey"),
			col("r_name").Eq("AMERICA"), equal("s_nationkey", "n2.n_nationkey"),
			col("o_orderdate").Between(date("1995-01-01"), date("1996-12-31")), col("p_type").Eq("ECONOMY ANODIZED STEEL"),
		)).
		Select(functions.Extract(lit("YEAR"), "o_orderdate").As("o_year"), revenue().As("volume"), col("n2.n_name").As("nation")).
		GroupBy("o_year").
		Agg(functions.Sum(functions.When(col("nation").Eq("BRAZIL"), col("volume")).Otherwise(0)).
			Divide(functions.Sum("volume")).As("mkt_share")).
		OrderBy("o_year")
}

func q9(s *kiln.Session) *kiln.DataFrame {
	amount := revenue().Minus(col("ps_supplycost").Multiply(col("l_quantity")))
	return from(s, "part", "supplier", "lineitem", "partsupp", "orders", "nation").
		Where(all(
			equal("s_suppkey", "l_suppkey"), equal("ps_suppkey", "l_suppkey"), equal("ps_partkey", "l_partkey"),
			equal("p_partkey", "l_partkey"), equal("o_orderkey", "l_orderkey"), equal("s_nationkey", "n_nationkey"),
			col("p_name").Like("%green%"),
		)).
		Select(col("n_name").As("nation"), functions.Extract(lit("YEAR"), "o_orderdate").As("o_year"), amount.As("amount")).
		GroupBy("nation", "o_year").
		Agg(functions.Sum("amount").As("sum_profit")).
		OrderBy("nation", col("o_year").Desc())
}

func q10(s *kiln.Session) *kiln.DataFrame {
	return from(s, "customer", "orders", "lineitem", "nation").
		Where(all(
			equal("c_custkey", "o_custkey"), equal("l_orderkey", "o_orderkey"), since("o_orderdate", "1993-10-01", "3", "month"),
			col("l_returnflag").Eq("R"), equal("c_nationkey", "n_nationkey"),
		)).
		GroupBy("c_custkey", "c_name", "c_acctbal", "c_phone", "n_name", "c_address", "c_comment").
		Agg(functions.Sum(revenue()).As("revenue")).
		Select("c_custkey", "c_name", "revenue", "c_acctbal", "n_name", "c_address", "c_phone", "c_comment").
		OrderBy(col("revenue").Desc()).
		Limit(20)
}

func q11(s *kiln.Session) *kiln.DataFrame {
	german := from(s, "partsupp", "supplier", "nation").
		Where(all(equal("ps_suppkey", "s_suppkey"), equal("s_nationkey", "n_nationkey"), col("n_name").Eq("GERMANY")))
	value := functions.Sum(col("ps_supplycost").Multiply(col("ps_availqty")))
	return german.
		GroupBy("ps_partkey").
		Agg(value.As("value")).
		Where(col("value").Gt(german.Agg(value.Multiply(dec("0.0001"))).Scalar())).
		OrderBy(col("value").Desc())
}

func q12(s *kiln.Session) *kiln.DataFrame {
	priority := col("o_orderpriority")
	urgent := priority.Eq("1-URGENT").Or(priority.Eq("2-HIGH"))
	other := priority.NotEq("1-URGENT").And(priority.NotEq("2-HIGH"))
	return from(s, "orders", "lineitem").
		Where(all(
			equal("o_orderkey", "l_orderkey"), col("l_shipmode").In("MAIL", "SHIP"), col("l_commitdate").Lt(col("l_receiptdate")),
			col("l_shipdate").Lt(col("l_commitdate")), since("l_receiptdate", "1994-01-01", "1", "year"),
		)).
		GroupBy("l_shipmode").
		Agg(functions.Sum(functions.When(urgent, 1).Otherwise(0)).As("high_line_count"),
			functions.Sum(functions.When(other, 1).Otherwise(0)).As("low_line_count")).
		OrderBy("l_shipmode")
}

func q13(s *kiln.Session) *kiln.DataFrame {
	return s.Table("customer").
		Join(s.Table("orders"), equal("c_custkey", "o_custkey").And(col("o_comment").Like("%special%requests%").Not()), "left").
		GroupBy("c_custkey").
		Agg(functions.Count("o_orderkey").As("c_count")).
		GroupBy("c_count").
		Agg(functions.CountStar().As("custdist")).
		OrderBy(col("custdist").Desc(), col("c_count").Desc())
}

func q14(s *kiln.Session) *kiln.DataFrame {
	promotion := functions.When(col("p_type").Like("PROMO%"), revenue()).Otherwise(0)
	return from(s, "lineitem", "part").
		Where(equal("l_partkey", "p_partkey").And(since("l_shipdate", "1995-09-01", "1", "month"))).
		Agg(dec("100.00").Multiply(functions.Sum(promotion)).Divide(functions.Sum(revenue())).As("promo_revenue"))
}

func q15(s *kiln.Session) *kiln.DataFrame {
	bySupplier := s.Table("lineitem").
		Where(since("l_shipdate", "1996-01-01", "3", "month")).
		GroupBy("l_suppkey").
		Agg(functions.Sum(revenue()).As("total_revenue"))
	return s.Table("supplier").Join(bySupplier, nil, "inner").
		Where(equal("s_suppkey", "l_suppkey").
			And(col("total_revenue").Eq(bySupplier.Agg(functions.Max("total_revenue")).Scalar()))).
		Select("s_suppkey", "s_name", "s_address", "s_phone", "total_revenue").
		OrderBy("s_suppkey")
}

func q16(s *kiln.Session) *kiln.DataFrame {
	complained := s.Table("supplier").Where(col("s_comment").Like("%Customer%Complaints%")).Select("s_suppkey")
	return from(s, "partsupp", "part").
		Where(all(
			equal("p_partkey", "ps_partkey"), col("p_brand").NotEq("Brand#45"), col("p_type").Like("MEDIUM POLISHED%").Not(),
			col("p_size").In(49, 14, 23, 45, 19, 3, 36, 9), col("ps_suppkey").In(complained).Not(),
		)).
		GroupBy("p_brand", "p_type", "p_size").
		Agg(functions.CountDistinct("ps_suppkey").As("supplier_cnt")).
		OrderBy(col("supplier_cnt").Desc(), "p_brand", "p_type", "p_size")
}

func q17(s *kiln.Session) *kiln.DataFrame {
	usual := s.Table("lineitem").
		Where(outer("l_partkey", "p_partkey")).
		Agg(dec("0.2").Multiply(functions.Avg("l_quantity")))
	return from(s, "lineitem", "part").
		Where(all(
			equal("p_partkey", "l_partkey"), col("p_brand").Eq("Brand#23"), col("p_container").Eq("MED BOX"),
			col("l_quantity").Lt(usual.Scalar()),
		)).
		Agg(functions.Sum("l_extendedprice").Divide(dec("7.0")).As("avg_yearly"))
}

func q18(s *kiln.Session) *kiln.DataFrame {
	large := s.Table("lineitem").
		GroupBy("l_orderkey").
		Agg(functions.Sum("l_quantity").As("quantity")).
		Where(col("quantity").Gt(300)).
		Select("l_orderkey")
	return from(s, "customer", "orders", "lineitem").
		Where(all(col("o_orderkey").In(large), equal("c_custkey", "o_custkey"), equal("o_orderkey", "l_orderkey"))).
		GroupBy("c_name", "c_custkey", "o_orderkey", "o_orderdate", "o_totalprice").
		Agg(functions.Sum("l_quantity").As("sum_quantity")).
		OrderBy(col("o_totalprice").Desc(), "o_orderdate").
		Limit(100)
}

func q19(s *kiln.Session) *kiln.DataFrame {
	kind := func(brand string, containers []any, from, size int) kiln.Column {
		return all(
			equal("p_partkey", "l_partkey"), col("p_brand").Eq(brand), col("p_container").In(containers...),
			col("l_quantity").Geq(from), col("l_quantity").Leq(lit(from).Plus(10)), col("p_size").Between(1, size),
			col("l_shipmode").In("AIR", "AIR REG"), col("l_shipinstruct").Eq("DELIVER IN PERSON"),
		)
	}
	return from(s, "lineitem", "part").
		Where(kind("Brand#12", []any{"SM CASE", "SM BOX", "SM PACK", "SM PKG"}, 1, 5).
			Or(kind("Brand#23", []any{"MED BAG", "MED BOX", "MED PKG", "MED PACK"}, 10, 10)).
			Or(kind("Brand#34", []any{"LG CASE", "LG BOX", "LG PACK", "LG PKG"}, 20, 15))).
		Agg(functions.Sum(revenue()).As("revenue"))
}

func q20(s *kiln.Session) *kiln.DataFrame {
	forest := s.Table("part").Where(col("p_name").Like("forest%")).Select("p_partkey")
	half := s.Table("lineitem").
		Where(all(outer("l_partkey", "ps_partkey"), outer("l_suppkey", "ps_suppkey"), since("l_shipdate", "1994-01-01", "1", "year"))).
		Agg(dec("0.5").Multiply(functions.Sum("l_quantity")))
	stocked := s.Table("partsupp").
		Where(col("ps_partkey").In(forest).And(col("ps_availqty").Gt(half.Scalar()))).
		Select("ps_suppkey")
	return from(s, "supplier", "nation").
		Where(all(col("s_suppkey").In(stocked), equal("s_nationkey", "n_nationkey"), col("n_name").Eq("CANADA"))).
		Select("s_name", "s_address").
		OrderBy("s_name")
}

func q21(s *kiln.Session) *kiln.DataFrame {
	other := func(alias string) *kiln.DataFrame {
		return s.Table("lineitem").Alias(alias).
			Where(outer(alias+".l_orderkey", "l1.l_orderkey").And(col(alias + ".l_suppkey").NotEq(col("l1.l_suppkey").Outer())))
	}
	late := other("l3").Where(col("l3.l_receiptdate").Gt(col("l3.l_commitdate")))
	return s.Table("supplier").
		Join(s.Table("lineitem").Alias("l1"), nil, "inner").Join(s.Table("orders"), nil, "inner").Join(s.Table("nation"), nil, "inner").
		Where(all(
			equal("s_suppkey", "l1.l_suppkey"), equal("o_orderkey", "l1.l_orderkey"), col("o_orderstatus").Eq("F"),
			col("l1.l_receiptdate").Gt(col("l1.l_commitdate")), other("l2").Exists(), late.Exists().Not(),
			equal("s_nationkey", "n_nationkey"), col("n_name").Eq("SAUDI ARABIA"),
		)).
		GroupBy("s_name").
		Agg(functions.CountStar().As("numwait")).
		OrderBy(col("numwait").Desc(), "s_name").
		Limit(100)
}

func q22(s *kiln.Session) *kiln.DataFrame {
	code := functions.Substring("c_phone", 1, 2)
	codes := code.In("13", "31", "23", "29", "30", "18", "17")
	mean := s.Table("customer").Where(col("c_acctbal").Gt(dec("0.00")).And(codes)).Agg(functions.Avg("c_acctbal"))
	ordered := s.Table("orders").Where(outer("o_custkey", "c_custkey"))
	return s.Table("customer").
		Where(all(codes, col("c_acctbal").Gt(mean.Scalar()), ordered.Exists().Not())).
		Select(code.As("cntrycode"), "c_acctbal").
		GroupBy("cntrycode").
		Agg(functions.CountStar().As("numcust"), functions.Sum("c_acctbal").As("totacctbal")).
		OrderBy("cntrycode")
}
