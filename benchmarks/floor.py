"""What no log can do without: getting bytes to the disk, and rows into the database."""

import os
import time
from contextlib import closing
from pathlib import Path

from benchmarks.measure import Measure, percentile
from engines.mysql_connection import connect

BLOCK = 16 * 1024
SYNCS = 500
EVENT = (
    b'{"token":"'
    + b"b" * 43
    + b'","at":"2026-11-23T09:30:00.000001Z","chat":1,"number":1,"body":"'
    + b"x" * 88
)
MOST_SECONDS = 3.0


def floor(url: str, folder: Path) -> list[Measure]:
    """`folder` is on the database's disk."""
    took = fdatasync(folder / "floor")
    return [
        Measure(f"fdatasync of {BLOCK >> 10} KiB, p50", percentile(took, 0.5), "ms"),
        Measure(f"fdatasync of {BLOCK >> 10} KiB, p99", percentile(took, 0.99), "ms"),
        *[
            Measure(f"multi-row insert, {rows} events a transaction", inserts(url, rows), "events/s")
            for rows in (1, 32, 128, 1000)
        ],
    ]


def fdatasync(path: Path) -> list[float]:
    """Milliseconds of each append to a file and its way to the disk."""
    took = []
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        for _ in range(SYNCS):
            began = time.perf_counter()
            os.write(file, b"x" * BLOCK)
            os.fdatasync(file)
            took.append((time.perf_counter() - began) * 1000)
    finally:
        os.close(file)
        path.unlink()
    return took


def inserts(url: str, rows: int) -> float:
    """Events a second into a table like the log's by one connection, the statements' text included."""
    with closing(connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE OR REPLACE TABLE floor_events LIKE events")
        began, taken = time.perf_counter(), 0
        while (spent := time.perf_counter() - began) < MOST_SECONDS / 4:
            values = ", ".join(
                f"({taken + row}, {row % 128}, {taken + row}, x'{os.urandom(16).hex()}', 'MessageCreated.1',"
                f" x'{EVENT.hex()}', 0)"
                for row in range(1, rows + 1)
            )
            cursor.execute(
                "INSERT INTO floor_events (position, stream, version, event_id, topic, state, recorded_at)"
                f" VALUES {values}"
            )
            taken += rows
        cursor.execute("DROP TABLE floor_events")
    return taken / spent
