"""Spark as an oracle: a session, and any statement's answer or error as data."""

import logging
import os
import shutil
import tempfile
from pathlib import Path

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

import encoding


class Oracle:
    """One Spark session for any number of statements.

    Temporary views and SET commands last until the end, as in any session.
    Use as a context manager: leaving it stops the JVM and removes the warehouse.
    """

    def __init__(self, threads=2, zone="UTC", conf=None, memory="2g"):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")  # no look-up of the host name
        logging.disable()  # PySpark logs every error that it also raises
        self.directory = tempfile.mkdtemp(prefix="kiln-spark-")
        log4j = Path(__file__).with_name("log4j2.properties").as_uri()
        builder = (
            SparkSession.builder.master(f"local[{threads}]")
            .appName("kiln-oracle")
            .config("spark.driver.memory", memory)
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.extraJavaOptions", f"-Dlog4j2.configurationFile={log4j} -Duser.timezone={zone}")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.local.dir", os.path.join(self.directory, "local"))
            .config("spark.sql.warehouse.dir", os.path.join(self.directory, "warehouse"))
            .config("spark.sql.session.timeZone", zone)
            .config("spark.sql.ansi.enabled", "true")
            .config("spark.sql.shuffle.partitions", str(threads))
        )
        for key, value in (conf or {}).items():
            builder = builder.config(key, value)
        self.spark = builder.getOrCreate()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.spark.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def register(self, directory):
        """Makes each *.parquet in the directory a temporary view named after the file."""
        paths = sorted(Path(directory).glob("*.parquet"))
        if not paths:
            raise SystemExit(f"no *.parquet in {directory}")
        for path in paths:
            self.spark.read.parquet(str(path)).createOrReplaceTempView(path.name.split(".")[0])

    def answer(self, sql, conf=None):
        """The statement's {"columns","rows"} or {"error"}; conf holds for this statement only."""
        before = {}
        try:
            for key, value in (conf or {}).items():
                before[key] = self.spark.conf.get(key, None)
                self.spark.conf.set(key, str(value))
            return self._rows(self.spark.sql(sql))
        except (PySparkException, Py4JJavaError) as failure:
            return {"error": describe_error(failure)}
        finally:
            for key, value in before.items():
                if value is None:
                    self.spark.conf.unset(key)
                else:
                    self.spark.conf.set(key, value)

    def _rows(self, frame):
        schema = frame.schema
        java_fields = frame._jdf.schema().fields()
        # simpleString cuts off wide structs; catalogString is the same text in full.
        names = [field.name for field in schema.fields]
        types = [field.dataType().catalogString() for field in java_fields]
        # By position, because names may repeat.
        frame = frame.toDF(*[f"c{i}" for i in range(len(names))])
        columns = []
        for i, field in enumerate(schema.fields):
            column = F.col(f"c{i}")
            if needs_text(field.dataType):
                column = portable(column.cast(text_type(field.dataType)), text_type(field.dataType))
            columns.append(column.alias(f"c{i}"))
        if any(needs_text(field.dataType) for field in schema.fields):
            frame = frame.select(*columns)
        rows = [
            [encode(value, field.dataType) for value, field in zip(row, schema.fields)]
            for row in frame.collect()
        ]
        return encoding.answer(names, types, rows)


# Types whose values do not survive the way into Python (dates before year 1,
# year-month intervals, variants, the order of a map's entries): Spark turns them
# into text or arrays first.
TEXT_TYPES = (
    T.DateType,
    T.TimestampType,
    T.TimestampNTZType,
    T.DayTimeIntervalType,
    T.YearMonthIntervalType,
    T.CalendarIntervalType,
)


def needs_text(kind):
    if isinstance(kind, T.ArrayType):
        return needs_text(kind.elementType)
    if isinstance(kind, T.StructType):
        return any(needs_text(field.dataType) for field in kind.fields)
    return isinstance(kind, TEXT_TYPES + (T.MapType, T.VariantType))


def text_type(kind):
    """The type with text for what Spark has to print, and unique names for struct fields.

    Spark casts structs by position, so the new names do no harm.
    """
    if isinstance(kind, T.ArrayType):
        return T.ArrayType(text_type(kind.elementType), kind.containsNull)
    if isinstance(kind, T.MapType):
        return T.MapType(text_type(kind.keyType), text_type(kind.valueType), kind.valueContainsNull)
    if isinstance(kind, T.StructType):
        return T.StructType(
            [T.StructField(f"f{i}", text_type(f.dataType), f.nullable) for i, f in enumerate(kind.fields)]
        )
    return T.StringType() if isinstance(kind, TEXT_TYPES) else kind


def portable(column, kind):
    """The column with maps as arrays of entries and variants as JSON text."""
    if isinstance(kind, T.VariantType):
        return F.to_json(column)
    if isinstance(kind, T.ArrayType) and needs_text(kind.elementType):
        return F.transform(column, lambda e: portable(e, kind.elementType))
    if isinstance(kind, T.MapType):
        return F.transform(
            F.map_entries(column),
            lambda e: F.struct(
                portable(e["key"], kind.keyType).alias("key"),
                portable(e["value"], kind.valueType).alias("value"),
            ),
        )
    if isinstance(kind, T.StructType) and needs_text(kind):
        fields = [portable(column[f.name], f.dataType).alias(f.name) for f in kind.fields]
        return F.when(column.isNotNull(), F.struct(*fields))
    return column


def encode(value, kind):
    """A collected value as JSON; kind is its type before the conversion to text."""
    if value is None:
        return None
    if isinstance(kind, T.DoubleType):
        return encoding.double(value)
    if isinstance(kind, T.FloatType):
        return encoding.single(value)
    if isinstance(kind, T.DecimalType):
        return encoding.decimal(value, kind.scale)
    if isinstance(kind, T.BinaryType):
        return encoding.binary(value)
    if isinstance(kind, T.ArrayType):
        return [encode(element, kind.elementType) for element in value]
    if isinstance(kind, T.MapType):
        return [[encode(key, kind.keyType), encode(item, kind.valueType)] for key, item in value]
    if isinstance(kind, T.StructType):
        names = [field.name for field in kind.fields]
        return encoding.record(names, [encode(v, f.dataType) for v, f in zip(value, kind.fields)])
    return value


def describe_error(failure):
    """Condition, SQLSTATE, text, place and parameters of whatever Spark raised."""
    throwable = find_throwable(failure)
    if throwable is None:
        return {
            "condition": None,
            "sqlstate": None,
            "message": str(failure),
            "messageParameters": {},
        }
    parameters = throwable.getMessageParameters()
    error = {
        "condition": throwable.getCondition(),
        "sqlstate": throwable.getSqlState(),
        "message": throwable.getMessage(),
        "messageParameters": {key: parameters[key] for key in sorted(parameters)},
    }
    place = find_place(throwable)
    if place:
        error["line"], error["column"] = place
    contexts = [c for c in throwable.getQueryContext() if c.contextType().toString() == "SQL"]
    if contexts:
        # Offsets in the statement, stop inclusive, as Spark counts (UTF-16 units).
        error["context"] = [
            {"start": c.startIndex(), "stop": c.stopIndex(), "fragment": c.fragment()} for c in contexts
        ]
    return error


def find_throwable(failure):
    """The first Java exception with an error condition in the chain of causes."""
    java = getattr(failure, "java_exception", None) or getattr(failure, "_origin", None)
    while java is not None:
        if hasattr_java(java, "getCondition") and java.getCondition() is not None:
            return java
        java = java.getCause()
    return None


def hasattr_java(java, name):
    return any(method.getName() == name for method in java.getClass().getMethods())


def find_place(throwable):
    """Line and column, both from 1, where the exception knows them."""
    if hasattr_java(throwable, "line") and hasattr_java(throwable, "startPosition"):
        line, position = throwable.line(), throwable.startPosition()
        if line.isDefined() and position.isDefined():
            return line.get(), position.get() + 1
    return None
