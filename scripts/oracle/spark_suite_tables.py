#!/usr/bin/env python3
"""Writes the tables that Spark's SQL test suite makes before its files run.

testdata, arraydata, mapdata, aggtest, onek and tenk1, one Parquet file each, into
.cache/spark-tests/tables/. The rows of the last three are in the artifact that
scripts/fetch-spark-tests.sh unpacks. Everything else (int4_tbl, …) the files of
the suite make for themselves, as views. Done already, it returns at once.
"""

import fcntl
import shutil
from pathlib import Path

from spark_session import Oracle

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "spark-tests"
ROWS = CACHE / "test-data" / "postgresql"
TABLES = CACHE / "tables"

# The columns of the PostgreSQL regression tests' "Wisconsin" tables.
WISCONSIN = ", ".join(
    [
        f"{name} int"
        for name in (
            "unique1 unique2 two four ten twenty hundred thousand "
            "twothousand fivethous tenthous odd even"
        ).split()
    ]
    + [f"{name} string" for name in ("stringu1", "stringu2", "string4")]
)


def frames(spark):
    def tab_separated(schema, file):
        return spark.read.csv(str(ROWS / file), schema=schema, sep="\t", header=False)

    letters = "abcde"
    return {
        "testdata": spark.createDataFrame([(i, str(i)) for i in range(1, 101)], "key int, value string"),
        "arraydata": spark.createDataFrame(
            [([1, 2, 3], [[1, 2, 3]]), ([2, 3, 4], [[2, 3, 4]])],
            "arraycol array<int>, nestedarraycol array<array<int>>",
        ),
        # Five maps: 1..5 entries, the longest first; entry k of map n is k -> letter k, digit n.
        "mapdata": spark.createDataFrame(
            [({k: f"{letters[k - 1]}{n}" for k in range(1, 7 - n)},) for n in range(1, 6)],
            "mapcol map<int,string>",
        ),
        "aggtest": tab_separated("a int, b float", "agg.data"),
        "onek": tab_separated(WISCONSIN, "onek.data"),
        "tenk1": tab_separated(WISCONSIN, "tenk.data"),
    }


def main():
    done = TABLES / ".done"
    if done.exists():
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / ".tables.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released by closing, also when this process dies
        if not done.exists():
            write()


def write():
    if not ROWS.is_dir():
        raise SystemExit("spark_suite_tables: run scripts/fetch-spark-tests.sh first")
    partial = CACHE / "tables.partial"
    shutil.rmtree(partial, ignore_errors=True)
    with Oracle() as oracle:
        for name, frame in frames(oracle.spark).items():
            frame.coalesce(1).write.parquet(str(partial / name))
            [part] = (partial / name).glob("part-*.parquet")
            part.rename(partial / f"{name}.parquet")
            shutil.rmtree(partial / name)
    (partial / ".done").touch()
    shutil.rmtree(TABLES, ignore_errors=True)
    partial.rename(TABLES)


if __name__ == "__main__":
    main()
