-- The tables are Parquet files (TPC-H at scale 0.01). A file is a table: name it in quotes.
SELECT l_orderkey, l_quantity, l_extendedprice, l_shipdate, l_shipmode
FROM 'testdata/tpch/sf0.01/lineitem.parquet' LIMIT 5;

-- A view gives it a short name.
CREATE TEMP VIEW lineitem AS SELECT * FROM 'testdata/tpch/sf0.01/lineitem.parquet';
CREATE TEMP VIEW orders   AS SELECT * FROM 'testdata/tpch/sf0.01/orders.parquet';
CREATE TEMP VIEW customer AS SELECT * FROM 'testdata/tpch/sf0.01/customer.parquet';
CREATE TEMP VIEW nation   AS SELECT * FROM 'testdata/tpch/sf0.01/nation.parquet';

-- Question 1: what was shipped, by status? First the plan: one scan that reads 6 of 16 columns,
-- and one fused stage *(1) from the file into the aggregate.
EXPLAIN
SELECT l_returnflag, l_linestatus, sum(l_quantity) AS quantity,
       sum(l_extendedprice * (1 - l_discount)) AS revenue, count(*) AS items
FROM lineitem
WHERE l_shipdate <= DATE '1998-12-01' - INTERVAL '90' DAY
GROUP BY l_returnflag, l_linestatus
ORDER BY l_returnflag, l_linestatus;

SELECT l_returnflag, l_linestatus, sum(l_quantity) AS quantity,
       sum(l_extendedprice * (1 - l_discount)) AS revenue, count(*) AS items
FROM lineitem
WHERE l_shipdate <= DATE '1998-12-01' - INTERVAL '90' DAY
GROUP BY l_returnflag, l_linestatus
ORDER BY l_returnflag, l_linestatus;

-- Question 2: the nations whose customers brought the most revenue in 1994. Four tables.
EXPLAIN
SELECT n_name, sum(l_extendedprice * (1 - l_discount)) AS revenue
FROM customer, orders, lineitem, nation
WHERE c_custkey = o_custkey AND l_orderkey = o_orderkey AND c_nationkey = n_nationkey
  AND o_orderdate >= DATE '1994-01-01' AND o_orderdate < DATE '1995-01-01'
GROUP BY n_name
ORDER BY revenue DESC
LIMIT 5;

SELECT n_name, sum(l_extendedprice * (1 - l_discount)) AS revenue
FROM customer, orders, lineitem, nation
WHERE c_custkey = o_custkey AND l_orderkey = o_orderkey AND c_nationkey = n_nationkey
  AND o_orderdate >= DATE '1994-01-01' AND o_orderdate < DATE '1995-01-01'
GROUP BY n_name
ORDER BY revenue DESC
LIMIT 5;

-- Question 3: what small discounts cost in 1994. EXPLAIN ANALYZE runs the query and shows the
-- program of its stage, with the rows and the time of each instruction.
EXPLAIN ANALYZE
SELECT sum(l_extendedprice * l_discount) AS revenue
FROM lineitem
WHERE l_shipdate >= DATE '1994-01-01' AND l_shipdate < DATE '1995-01-01'
  AND l_discount BETWEEN 0.05 AND 0.07 AND l_quantity < 24;

