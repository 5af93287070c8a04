#!/usr/bin/env python3
"""Answers SQL statements with Spark 4.0.1, in kiln's machine format.

Reads JSON lines {"id":…,"sql":"…","conf":{…}} from files or standard input (id and
conf may be left out) and prints one line for each:
  {"id":…,"columns":[{"name","type"}],"rows":[…]}            or
  {"id":…,"error":{"condition","sqlstate","message","messageParameters",…}}
"""

import argparse

import encoding
from spark_session import Oracle


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", help="files of JSON lines; standard input without any")
    parser.add_argument("-q", "--query", action="append", default=[], help="a statement instead of files; may repeat")
    parser.add_argument("--tables", metavar="DIR", action="append", default=[], help="each DIR/*.parquet becomes a view")
    parser.add_argument("--conf", metavar="KEY=VALUE", action="append", default=[], help="a setting of the session")
    parser.add_argument("--zone", default="UTC", help="time zone of the session (default UTC)")
    parser.add_argument("--threads", type=int, default=2, help="N of local[N] (default 2)")
    arguments = parser.parse_args()

    conf = dict(setting.split("=", 1) for setting in arguments.conf)
    asked = [{"id": i + 1, "sql": sql} for i, sql in enumerate(arguments.query)]
    with Oracle(arguments.threads, arguments.zone, conf) as oracle:
        for directory in arguments.tables:
            oracle.register(directory)
        for request in asked or encoding.requests(arguments.files):
            answer = oracle.answer(request["sql"], request.get("conf"))
            print(encoding.line({"id": request.get("id"), **answer}), flush=True)


if __name__ == "__main__":
    main()
