"""The value encoding of kiln's machine output, shared by the oracle scripts.

Integers and finite floats are numbers; NaN and infinities are the strings "NaN",
"Infinity" and "-Infinity"; decimals, dates, timestamps and intervals are strings as
Spark prints them; binary is base64; arrays are arrays; structs are objects, or
arrays of [name, value] when names repeat; maps are arrays of [key, value].
"""

import base64
import json
import math
import struct
import sys
from decimal import Context, Decimal


def double(value):
    """A 64-bit float as a JSON value."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def single(value):
    """A 32-bit float as a JSON value: the shortest digits that give it back."""
    if math.isnan(value) or math.isinf(value):
        return double(value)
    stored = struct.pack("f", value)
    for digits in range(1, 9):
        short = float(f"{value:.{digits}g}")
        try:
            if struct.pack("f", short) == stored:
                return short
        except OverflowError:  # rounded up past the largest float
            pass
    return float(f"{value:.9g}")


EXACT = Context(prec=100)


def decimal(value, scale):
    """A decimal in plain notation, with the digits that its type has after the point."""
    return format(value.quantize(Decimal(1).scaleb(-scale), context=EXACT), "f")


def binary(value):
    return base64.b64encode(bytes(value)).decode("ascii")


def record(names, values):
    """A struct from its field names and encoded values."""
    if len(set(names)) == len(names):
        return dict(zip(names, values))
    return [[name, value] for name, value in zip(names, values)]


def answer(names, types, rows):
    return {
        "columns": [{"name": n, "type": t} for n, t in zip(names, types)],
        "rows": rows,
    }


def line(document):
    """One JSON document on one line; text stays UTF-8."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "replace").decode("utf-8")


def requests(files):
    """Yields the requests in the JSON lines files, or on standard input without files."""
    for source in [open(name, encoding="utf-8") for name in files] or [sys.stdin]:
        with source:
            for text in source:
                if text.strip():
                    yield json.loads(text)
