#!/usr/bin/env python3
"""Answers SQL statements with DuckDB, in kiln's machine format.

Reads JSON lines {"id":…,"sql":"…","types":[…]} from files or standard input and
prints one line for each, as spark_answers.py does. types, when given, are Spark
types (simple strings) that the columns are cast to, one for each; without them the
columns carry the Spark type nearest to DuckDB's own.
"""

import argparse

import encoding
from duckdb_session import Oracle


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", help="files of JSON lines; standard input without any")
    parser.add_argument("-q", "--query", action="append", default=[], help="a statement instead of files; may repeat")
    parser.add_argument("--tables", metavar="DIR", action="append", default=[], help="each DIR/*.parquet becomes a view")
    parser.add_argument("--zone", default="UTC", help="time zone of the session (default UTC)")
    parser.add_argument("--threads", type=int, default=2, help="threads of the database (default 2)")
    arguments = parser.parse_args()

    asked = [{"id": i + 1, "sql": sql} for i, sql in enumerate(arguments.query)]
    with Oracle(arguments.threads, arguments.zone) as oracle:
        for directory in arguments.tables:
            oracle.register(directory)
        for request in asked or encoding.requests(arguments.files):
            answer = oracle.answer(request["sql"], request.get("types"))
            print(encoding.line({"id": request.get("id"), **answer}), flush=True)


if __name__ == "__main__":
    main()
