#!/usr/bin/env python3
"""Writes the expected answers of TPC-H: tpch_answers.py SCALE [DIRECTORY].

Runs testdata/tpch/queries/*.sql over DIRECTORY's Parquet files in Spark 4.0.1
(local[2], UTC, ANSI) and in DuckDB, and writes testdata/tpch/answers/sfSCALE/:

  qNN.json      Spark's answer: {"columns":[…],"order":[…],"rows":[…]}, a row a line;
                "order" names the columns of the query's ORDER BY. Answers over
                64 KB are compressed: qNN.json.gz.
  summary.json  for each query the number of rows and how DuckDB's answer, cast to
                Spark's types, compares.

DIRECTORY is testdata/tpch/sf0.01 for that scale and .cache/tpch/sfSCALE for others.
Exit status 1 when an answer of DuckDB differs by more than the rule allows.
"""

import argparse
import gzip
import json
import re
import sys
import time
from pathlib import Path

import compare
import duckdb_session
import spark_session

ROOT = Path(__file__).resolve().parents[2]
COMPRESS_OVER = 64 << 10


def order_columns(sql):
    """The names in the statement's last ORDER BY, which our texts write outermost."""
    lists = re.findall(r"^ORDER BY (.*?)(?:;|\nLIMIT)", sql, re.MULTILINE | re.DOTALL)
    return [item.split()[0] for item in lists[-1].split(",")] if lists else []


def render(answer):
    compact = lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    rows = ",\n".join(compact(row) for row in answer["rows"])
    head = f'{{"columns":{compact(answer["columns"])},\n"order":{compact(answer["order"])},\n'
    return head + f'"rows":[\n{rows}\n]}}\n'


def store(path, text):
    data = text.encode("utf-8")
    packed = path.with_name(path.name + ".gz")
    for old in (path, packed):
        old.unlink(missing_ok=True)
    if len(data) > COMPRESS_OVER:
        # No time stamp: the same answer gives the same file.
        packed.write_bytes(gzip.compress(data, 9, mtime=0))
    else:
        path.write_bytes(data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scale")
    parser.add_argument("directory", nargs="?")
    arguments = parser.parse_args()
    inside = ROOT / "testdata" / "tpch"
    folder = f"sf{arguments.scale}"
    data = Path(arguments.directory) if arguments.directory else inside / folder
    if not data.is_dir():
        data = ROOT / ".cache" / "tpch" / folder
    target = inside / "answers" / folder
    target.mkdir(parents=True, exist_ok=True)
    queries = sorted((inside / "queries").glob("q*.sql"))

    summary, failed = {}, False
    with spark_session.Oracle(memory="6g") as spark, duckdb_session.Oracle() as duck:
        spark.register(data)
        duck.register(data)
        for path in queries:
            sql = path.read_text()
            begin = time.time()
            answer = spark.answer(sql.rstrip().rstrip(";"))
            if "error" in answer:
                sys.exit(f"{path.name}: {answer['error']['message']}")
            took = time.time() - begin
            answer["order"] = order_columns(sql)
            names = [column["name"] for column in answer["columns"]]
            other = duck.answer(sql, [column["type"] for column in answer["columns"]])
            if "error" in other:
                sys.exit(f"{path.name}: {other['error']['message']}")
            order = [names.index(name) for name in answer["order"]]
            problems, inexact = compare.differences(answer, other, order)
            verdict = "equal"
            if inexact:
                verdict = f"equal; {inexact} cells within 1e-9, where DuckDB computes in floating point"
            if problems:
                failed, verdict = True, "differs: " + "; ".join(problems[:5])
            summary[path.stem] = {"rows": len(answer["rows"]), "duckdb": verdict}
            store(target / f"{path.stem}.json", render(answer))
            print(f"{path.stem}  {len(answer['rows']):6} rows  Spark {took:6.2f} s  DuckDB {verdict}", flush=True)
    document = ",\n".join(f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in summary.items())
    (target / "summary.json").write_text("{\n" + document + "\n}\n")
    sys.exit(failed)


if __name__ == "__main__":
    main()
