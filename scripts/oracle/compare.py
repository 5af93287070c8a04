"""The rule by which an answer of DuckDB, cast to Spark's types, equals Spark's.

Values are equal as text, but for two kinds. Doubles may differ by 1e-9 relative.
So may decimals that DuckDB computed as doubles: its avg() and its division are
floating point, so after the cast the last digits of a decimal may differ; such
cells are counted and reported, never passed over in silence.
"""

from decimal import Decimal

RELATIVE = 1e-9


def numeric(kind):
    return kind in ("float", "double") or kind.startswith("decimal(")


def close(left, right):
    if left == right:
        return True
    try:
        left, right = Decimal(str(left)), Decimal(str(right))
    except ArithmeticError:
        return False
    if not (left.is_finite() and right.is_finite()):
        return False
    return abs(left - right) <= Decimal(RELATIVE) * max(abs(left), abs(right))


def sort_key(row, exact):
    return tuple((row[i] is not None, str(row[i])) for i in exact)


def differences(want, got, order):
    """Compares two answers with the same columns.

    order holds the positions of the columns the query sorts by, most significant
    first; it is empty for a query without an order. Returns (problems, inexact):
    texts of what differs, and the number of cells equal only within the tolerance.
    """
    if len(want["rows"]) != len(got["rows"]):
        return [f"{len(want['rows'])} rows against {len(got['rows'])}"], 0
    kinds = [column["type"] for column in want["columns"]]
    exact = [i for i, kind in enumerate(kinds) if not numeric(kind)]
    loose = [i for i, kind in enumerate(kinds) if numeric(kind)]
    problems, inexact = [], 0

    def pair(left, right, columns, what):
        nonlocal inexact
        for number, (a, b) in enumerate(zip(left, right)):
            for i in columns:
                if a[i] == b[i]:
                    continue
                if i in loose and close(a[i], b[i]):
                    inexact += what == "row"
                else:
                    problems.append(f"{what} {number}, column {i}: {a[i]!r} against {b[i]!r}")

    # The order first, by the keys alone: rows with equal keys may come in any order.
    pair(want["rows"], got["rows"], order, "order of row")

    def rows(answer):
        key = lambda row: (sort_key(row, exact), [Decimal(str(row[i] or 0)) for i in loose])
        return sorted(answer["rows"], key=key)

    pair(rows(want), rows(got), range(len(kinds)), "row")
    return problems, inexact
