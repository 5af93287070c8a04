#!/usr/bin/env python3
"""Fills the answers of the SQL corpus (testdata/sql/**/*.test) from Spark 4.0.1.

Every query gets a header of name::type and its rows, every statement ok or error
CONDITION, whatever the file said before. With --verify nothing is written: the exit
status says whether all files agree with Spark. The form of the files is described in
testdata/sql/README.md.
"""

import argparse
import json
import sys
from pathlib import Path

from spark_session import Oracle

ROOT = Path(__file__).resolve().parents[2]
JSON_TYPES = ("tinyint", "smallint", "int", "bigint", "float", "double", "boolean", "array", "map", "struct")


def escaped(text):
    if text == "":
        return r"\e"
    if text == "NULL":
        return r"\N"
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def cell(value, kind):
    """A value as the files hold it."""
    if value is None:
        return "NULL"
    if kind.split("<")[0] in JSON_TYPES and not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return escaped(value)


def answered(answer, rowsort):
    """The lines below ---- for an answer."""
    kinds = [column["type"] for column in answer["columns"]]
    header = "\t".join(f'{escaped(c["name"])}::{c["type"]}' for c in answer["columns"])
    rows = ["\t".join(cell(v, k) for v, k in zip(row, kinds)) for row in answer["rows"]]
    return [header, *(sorted(rows) if rowsort else rows)]


def records(text):
    """Splits a file into its blocks of lines; comments and skipif stay in front of their record."""
    block = []
    for line in text.splitlines():
        if line:
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def fill(oracle, block):
    """The block with Spark's answer."""
    start = 0
    while start < len(block) and (block[start].startswith("#") or block[start].startswith("skipif ")):
        start += 1
    if start == len(block):
        return block
    head, body = block[start], block[start + 1 :]
    if "----" in body:
        body = body[: body.index("----")]
    answer = oracle.answer("\n".join(body))
    if "error" in answer:
        return [*block[:start], f'statement error {answer["error"]["condition"]}', *body]
    if not head.startswith("query"):
        return [*block[:start], "statement ok", *body]
    return [*block[:start], head, *body, "----", *answered(answer, "rowsort" in head)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="files to fill; all without any")
    parser.add_argument("--tables", metavar="DIR", default=str(ROOT / "testdata/tpch/sf0.01"), help="the TPC-H tables")
    parser.add_argument("--verify", action="store_true", help="write nothing, compare")
    arguments = parser.parse_args()
    differ = False
    with Oracle() as oracle:
        oracle.register(arguments.tables)
        tables = {table.name for table in oracle.spark.catalog.listTables()}
        for path in arguments.files or sorted((ROOT / "testdata/sql").rglob("*.test")):
            old = path.read_text(encoding="utf-8")
            blocks = [fill(oracle, block) for block in records(old)]
            new = "\n\n".join("\n".join(block) for block in blocks) + "\n"
            for before, after in zip(records(old), blocks):
                if before[0] != after[0] and len(before) > 1:
                    print(f"{path.name}: {after[0]}\n  " + "\n  ".join(after[1:4]), file=sys.stderr)
            if new != old:
                differ = True
                if arguments.verify:
                    print(f"{path} differs from Spark", file=sys.stderr)
                else:
                    path.write_text(new, encoding="utf-8")
            for table in oracle.spark.catalog.listTables():
                if table.name not in tables:
                    oracle.spark.catalog.dropTempView(table.name)
    sys.exit(1 if differ and arguments.verify else 0)


if __name__ == "__main__":
    main()
