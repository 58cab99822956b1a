"""Many rows in few steps.

Python's SQLite module hands the interpreter over at every step of a statement, a row inserted or fetched, and
beside a busy thread gets it back only after the switch interval: 64 rows took 20 ms instead of 1 [measured].
"""

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

MOST_ROWS = 256
FEW = 32
# SQLite's own limit on parameters of a statement (sqlite.org/limits.html#max_variable_number).
MOST_PARAMETERS = 32766


def insert_rows(
    db: sqlite3.Connection, insert: str, rows: Sequence[Sequence[Any]], *, conflict: str = ""
) -> None:
    """`INSERT INTO t (a, b) VALUES` for all rows, with `conflict` behind the values.

    Beyond FEW rows they go in portions whose sizes are powers of two, so that few statements are ever compiled.
    """
    left = len(rows)
    if not left:
        return
    width = len(rows[0])
    size = MOST_ROWS
    while size * width > MOST_PARAMETERS:
        size //= 2
    start = 0
    while left:
        while size > left:
            size = left if left <= FEW else size // 2
        portion = rows[start : start + size]
        db.execute(_statement(insert, width, size, conflict), [value for row in portion for value in row])
        start += size
        left -= size


@lru_cache(maxsize=256)
def _statement(insert: str, width: int, rows: int, conflict: str) -> str:
    one = f"({', '.join('?' * width)})"
    return f"{insert} {', '.join([one] * rows)} {conflict}"
