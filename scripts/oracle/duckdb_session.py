"""DuckDB as an oracle: any statement's answer or error as data, with Spark's type names."""

from pathlib import Path

import duckdb

import encoding

ATOMIC = {
    "boolean": "boolean",
    "tinyint": "tinyint",
    "smallint": "smallint",
    "int": "integer",
    "bigint": "bigint",
    "float": "float",
    "double": "double",
    "string": "varchar",
    "binary": "blob",
    "date": "date",
    "timestamp": "timestamp with time zone",
    "timestamp_ntz": "timestamp",
    "interval": "interval",
    "void": '"null"',
}
# DuckDB's names to Spark's; types that Spark lacks become the narrowest that holds them.
SPARK_NAME = {duck.strip('"'): spark for spark, duck in ATOMIC.items()}
SPARK_NAME |= {
    "utinyint": "smallint",
    "usmallint": "int",
    "uinteger": "bigint",
    "ubigint": "decimal(20,0)",
    "hugeint": "decimal(38,0)",
    "uhugeint": "decimal(38,0)",
}


class Oracle:
    """One in-memory database for any number of statements; use as a context manager."""

    def __init__(self, threads=2, zone="UTC"):
        self.connection = duckdb.connect(config={"threads": threads})
        self.connection.execute(f"SET TimeZone = '{zone}'")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.connection.close()

    def register(self, directory):
        """Makes each *.parquet in the directory a view named after the file."""
        paths = sorted(Path(directory).glob("*.parquet"))
        if not paths:
            raise SystemExit(f"no *.parquet in {directory}")
        for path in paths:
            name = path.name.split(".")[0]
            location = str(path).replace("'", "''")
            self.connection.execute(f"CREATE OR REPLACE VIEW {quote(name)} AS SELECT * FROM read_parquet('{location}')")

    def answer(self, sql, types=None):
        """The statement's {"columns","rows"} or {"error"}; types are Spark types to cast its columns to."""
        try:
            relation = self.connection.sql(sql)
            if relation is None:
                return encoding.answer([], [], [])
            return self._rows(relation, types)
        except duckdb.Error as failure:
            return {"error": {
                "condition": None,
                "sqlstate": None,
                "kind": type(failure).__name__,
                "message": str(failure),
                "messageParameters": {},
            }}

    def _rows(self, relation, types):
        names = list(relation.columns)
        kinds = list(relation.types)
        if types is not None:
            if len(types) != len(kinds):
                raise SystemExit(f"{len(types)} types for {len(kinds)} columns")
            kinds = [duckdb.sqltype(duckdb_type(text)) for text in types]
        # Temporal values leave as text, which has no limits of years or zones. The
        # columns get names of their own, because names may repeat.
        places = [f"c{i}" for i in range(len(names))]
        casts = [
            f"CAST(CAST(CAST({place} AS {kind}) AS {without_zone(kind)}) AS {as_text(kind)}) AS {place}"
            for place, kind in zip(places, kinds)
        ]
        self.connection.register("kiln_result", relation)
        try:
            cursor = self.connection.execute(
                f"SELECT {', '.join(casts)} FROM (FROM kiln_result) AS q({', '.join(places)})"
            )
            rows = [[encode(value, kind) for value, kind in zip(row, kinds)] for row in cursor.fetchall()]
        finally:
            self.connection.unregister("kiln_result")
        spelled = types or [spark_type(kind) for kind in kinds]
        return encoding.answer(names, spelled, rows)


def quote(name):
    return '"' + name.replace('"', '""') + '"'


def children(kind):
    return dict(kind.children)


def spark_type(kind):
    """Spark's simple string for a DuckDB type."""
    if kind.id == "decimal":
        parts = children(kind)
        return f"decimal({parts['precision']},{parts['scale']})"
    if kind.id in ("list", "array"):
        return f"array<{spark_type(children(kind)['child'])}>"
    if kind.id == "map":
        parts = children(kind)
        return f"map<{spark_type(parts['key'])},{spark_type(parts['value'])}>"
    if kind.id == "struct":
        return "struct<" + ",".join(f"{n}:{spark_type(t)}" for n, t in kind.children) + ">"
    return SPARK_NAME.get(kind.id, kind.id)


def rebuild(kind, leaf):
    """The DuckDB type as text with leaf(kind) in place of each type that is not nested."""
    if kind.id in ("list", "array"):
        return rebuild(children(kind)["child"], leaf) + "[]"
    if kind.id == "map":
        parts = children(kind)
        return f"MAP({rebuild(parts['key'], leaf)}, {rebuild(parts['value'], leaf)})"
    if kind.id == "struct":
        return "STRUCT(" + ", ".join(f"{quote(n)} {rebuild(t, leaf)}" for n, t in kind.children) + ")"
    return leaf(kind)


def without_zone(kind):
    return rebuild(kind, lambda k: "TIMESTAMP" if k.id == "timestamp with time zone" else str(k))


def as_text(kind):
    temporal = ("date", "timestamp", "timestamp with time zone", "interval")
    return rebuild(kind, lambda k: "VARCHAR" if k.id in temporal else str(k))


def encode(value, kind):
    if value is None:
        return None
    if kind.id == "double":
        return encoding.double(value)
    if kind.id == "float":
        return encoding.single(value)
    if kind.id == "decimal":
        return encoding.decimal(value, children(kind)["scale"])
    if kind.id in ("hugeint", "uhugeint", "ubigint"):
        return str(value)
    if kind.id == "blob":
        return encoding.binary(value)
    if kind.id in ("list", "array"):
        return [encode(element, children(kind)["child"]) for element in value]
    if kind.id == "map":
        parts = children(kind)
        return [[encode(k, parts["key"]), encode(v, parts["value"])] for k, v in value.items()]
    if kind.id == "struct":
        return {name: encode(value[name], part) for name, part in kind.children}
    return value


def duckdb_type(text):
    """DuckDB's text for a Spark simple string."""
    kind, rest = parse_type(text)
    if rest:
        raise ValueError(f"not a type: {text}")
    return kind


def parse_type(text):
    """Reads one Spark type from the start of the text; returns DuckDB's and the remainder."""
    if text.startswith("array<"):
        element, rest = parse_type(text[6:])
        return element + "[]", expect(rest, ">")
    if text.startswith("map<"):
        key, rest = parse_type(text[4:])
        value, rest = parse_type(expect(rest, ","))
        return f"MAP({key}, {value})", expect(rest, ">")
    if text.startswith("struct<"):
        fields, rest = [], text[7:]
        while True:
            name, _, rest = rest.partition(":")
            kind, rest = parse_type(rest)
            fields.append(f"{quote(name)} {kind}")
            if not rest.startswith(","):
                return f"STRUCT({', '.join(fields)})", expect(rest, ">")
            rest = rest[1:]
    if text.startswith("decimal("):
        end = text.index(")") + 1
        return text[:end], text[end:]
    end = min([i for i in (text.find(c) for c in ",>") if i >= 0], default=len(text))
    name = text[:end]
    if name not in ATOMIC:
        raise ValueError(f"no DuckDB type for {name}")
    return ATOMIC[name], text[end:]


def expect(text, sign):
    if not text.startswith(sign):
        raise ValueError(f"{sign} expected at {text!r}")
    return text[len(sign):]
