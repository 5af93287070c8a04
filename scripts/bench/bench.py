"""Times kiln and its peers on the same queries over the same Parquet files, in turn, in one run.

Each engine is one process (or library) with two threads that has the tables open; a round asks every engine the same query, one
after the other, and the table shows each engine's median over the rounds and its ratio to kiln. Times are wall times from
the text of the query to the last row in the engine's own form.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TPCH = os.path.join(ROOT, ".cache/tpch/sf1")
PAIRS = os.path.join(ROOT, ".cache/bench")
TABLES = ["customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"]
THREADS = 2


class Kiln:
    name = "kiln"

    def __init__(self, tables):
        self.process = subprocess.Popen(
            [os.path.join(ROOT, "bin/kiln"), "--conf", f"kiln.master=local[{THREADS}]", "--input", "jsonl", "--output", "json"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name, path in tables.items():
            self.ask(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM parquet.`{path}`")

    def ask(self, sql):
        self.process.stdin.write(json.dumps({"id": 1, "sql": sql}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"]["message"])
        return answer

    def time(self, sql):
        return self.ask(sql)["elapsed_ms"] / 1000


class DuckDB:
    name = "DuckDB"

    def __init__(self, tables):
        import duckdb

        self.connection = duckdb.connect()
        self.connection.execute(f"SET threads={THREADS}")
        for name, path in tables.items():
            self.connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{path}')")

    def time(self, sql):
        start = time.perf_counter()
        self.connection.execute(sql).fetchall()
        return time.perf_counter() - start


class Polars:
    name = "Polars"

    def __init__(self, tables):
        import polars

        self.context = polars.SQLContext({name: polars.scan_parquet(path) for name, path in tables.items()})

    def time(self, sql):
        start = time.perf_counter()
        self.context.execute(sql).collect()
        return time.perf_counter() - start


class DataFusion:
    name = "DataFusion"

    def __init__(self, tables):
        import datafusion

        self.context = datafusion.SessionContext(datafusion.SessionConfig().with_target_partitions(THREADS))
        for name, path in tables.items():
            self.context.register_parquet(name, path)

    def time(self, sql):
        start = time.perf_counter()
        self.context.sql(sql).collect()
        return time.perf_counter() - start


class Spark:
    name = "Spark"
    fewer = True
    settles = 1  # seconds in which its compiler and collector threads would run beside the next engine

    def __init__(self, tables):
        from pyspark.sql import SparkSession

        self.session = SparkSession.builder.master(f"local[{THREADS}]").config("spark.ui.enabled", "false").config(
            "spark.driver.memory", "8g").config("spark.sql.shuffle.partitions", THREADS).getOrCreate()
        self.session.sparkContext.setLogLevel("ERROR")
        for name, path in tables.items():
            self.session.read.parquet(path).createOrReplaceTempView(name)

    def time(self, sql):
        start = time.perf_counter()
        self.session.sql(sql).collect()
        return time.perf_counter() - start


ENGINES = {"duckdb": DuckDB, "polars": Polars, "datafusion": DataFusion, "spark": Spark}


def make_pairs():
    """Ten million pairs of ints, with 100 and with a million keys, once."""
    import duckdb

    os.makedirs(PAIRS, exist_ok=True)
    for name, keys in (("pairs100", 100), ("pairs1m", 1_000_000)):
        path = os.path.join(PAIRS, name + ".parquet")
        if not os.path.exists(path):
            duckdb.sql(f"COPY (SELECT (hash(i) % {keys})::INT AS k, (hash(i + 1) % 1000)::INT AS v FROM range(10000000) t(i)) "
                       f"TO '{path}' (FORMAT parquet, COMPRESSION snappy)")


def read_query(number):
    with open(os.path.join(ROOT, f"testdata/tpch/queries/q{number:02}.sql")) as f:
        text = "".join(line for line in f if not line.startswith("--"))
    return text.strip().rstrip(";")


def measure(engines, queries, rounds):
    times = {engine.name: {q: [] for q in queries} for engine in engines}
    for label, sql in queries.items():
        failed = set()
        for r in range(rounds + 1):  # the first warms up
            turn = r % len(engines)
            for engine in engines[turn:] + engines[:turn]:  # nobody always follows the same peer
                if engine.name in failed or getattr(engine, "fewer", False) and r > 2:
                    continue
                try:
                    took = engine.time(sql)
                except Exception as e:
                    failed.add(engine.name)
                    print(f"{engine.name} cannot run {label}: {str(e).splitlines()[0][:120]}", file=sys.stderr)
                    continue
                if r > 0:
                    times[engine.name][label].append(took)
                time.sleep(getattr(engine, "settles", 0))
        print(label, {n: round(statistics.median(t[label]), 4) for n, t in times.items() if t[label]}, file=sys.stderr)
    return times


def table(engines, queries, times):
    others = [e.name for e in engines if e.name != "kiln"]
    lines = ["| query | kiln ms | " + " | ".join(f"{n} ms | {n} / kiln" for n in others) + " |",
             "|---|---|" + "---|---|" * len(others)]
    sums = {e.name: [0.0, 0.0] for e in engines}
    for label in queries:
        own = statistics.median(times["kiln"][label]) if times["kiln"][label] else None
        cells = [label, f"{own * 1000:.1f}" if own else "-"]
        for name in others:
            got = times[name][label]
            if not got or not own:
                cells += ["-", "-"]
                continue
            m = statistics.median(got)
            cells += [f"{m * 1000:.1f}", f"{m / own:.2f}"]
            sums[name][0] += m
            sums[name][1] += own
        lines.append("| " + " | ".join(cells) + " |")
    total = [f"{1000 * sum(statistics.median(times['kiln'][q]) for q in queries if times['kiln'][q]):.1f}"]
    for name in others:
        s, own = sums[name]
        total += [f"{s * 1000:.1f}", f"{s / own:.2f}"] if own else ["-", "-"]
    lines.append("| sum | " + " | ".join(total) + " |")
    return "\n".join(lines)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--peers", default="duckdb,polars,datafusion,spark")
    arguments.add_argument("--queries", default="")
    arguments.add_argument("--markdown", default="")
    options = arguments.parse_args()
    make_pairs()
    tables = {t: os.path.join(TPCH, t + ".parquet") for t in TABLES}
    tables |= {t: os.path.join(PAIRS, t + ".parquet") for t in ("pairs100", "pairs1m")}
    engines = [Kiln(tables)] + [ENGINES[p](tables) for p in options.peers.split(",") if p]
    numbers = [int(n) for n in options.queries.split(",") if n] or range(1, 23)
    text = []
    queries = {f"Q{n}": read_query(n) for n in numbers}
    text.append(f"TPC-H scale 1, Parquet Snappy, {THREADS} threads each, median of {options.rounds} rounds\n\n" +
                table(engines, queries, measure(engines, queries, options.rounds)))
    if not options.queries:
        pairs = {"100 keys": "SELECT k, sum(v) AS s FROM pairs100 GROUP BY k",
                 "1 M keys": "SELECT count(*) AS n, sum(s) AS t, max(k) AS m FROM (SELECT k, sum(v) AS s FROM pairs1m GROUP BY k) AS g"}
        text.append(f"Ten million int pairs, {THREADS} threads each, median of {options.rounds} rounds\n\n" +
                    table(engines, pairs, measure(engines, pairs, options.rounds)))
    result = "\n\n".join(text) + "\n"
    print(result)
    if options.markdown:
        with open(options.markdown, "w") as f:
            f.write(result)


main()
