"""Events keyed by a number that stands for their stream, against events keyed by the stream's name."""

import os
import random
import time
from contextlib import closing
from typing import TYPE_CHECKING

from benchmarks.floor import EVENT
from benchmarks.measure import Measure
from engines.mysql_connection import connect
from eventstore import streams

if TYPE_CHECKING:
    from engines.mysql_connection import MySQL

BATCH = 128
STREAMS = 1000
PIECES = 5

_KINDS = {"ids": "BIGINT UNSIGNED", "names": "VARBINARY(255)"}


def stream_ids(url: str, events: int) -> list[Measure]:
    """Bytes an event on disk and events inserted a second, in `events` events of 1,000 streams in turn at random.

    The two tables are filled piece by piece in turn, since a machine's speed drifts.
    """
    with closing(connect(url)) as connection:
        for kind, column in _KINDS.items():
            _run(connection, f"CREATE OR REPLACE TABLE keyed_by_{kind} LIKE events")
            _run(connection, f"ALTER TABLE keyed_by_{kind} MODIFY stream {column} NOT NULL")
        seconds = dict.fromkeys(_KINDS, 0.0)
        batches = events // BATCH
        for piece in range(PIECES):
            for kind in _KINDS:
                first, last = batches * piece // PIECES, batches * (piece + 1) // PIECES
                seconds[kind] += _fill(connection, kind, range(first, last))
        size = {kind: _bytes(connection, kind) / (batches * BATCH) for kind in _KINDS}
        for kind in _KINDS:
            _run(connection, f"DROP TABLE keyed_by_{kind}")
    rate = {kind: batches * BATCH / seconds[kind] for kind in _KINDS}
    return [
        Measure("events keyed by stream id: size", size["ids"], "bytes", baseline=size["names"]),
        Measure("events keyed by stream id: inserts", rate["ids"], "events/s", baseline=rate["names"]),
        Measure("events keyed by stream name: size", size["names"], "bytes"),
        Measure("events keyed by stream name: inserts", rate["names"], "events/s"),
    ]


def _fill(connection: "MySQL", kind: str, batches: range) -> float:
    """How many seconds the inserts took; the text is made before, and from the same chance for both tables."""
    took = 0.0
    for batch in batches:
        chance = random.Random(batch)
        rows = []
        for place in range(1, BATCH + 1):
            number = chance.randrange(STREAMS)
            name = streams.messages("b" * 43, number)
            stream = str(number) if kind == "ids" else f"x'{name.encode().hex()}'"
            position = batch * BATCH + place
            rows.append(
                f"({position}, {stream}, {position}, x'{os.urandom(16).hex()}', 'MessageCreated.1',"
                f" x'{EVENT.hex()}', 0)"
            )
        statement = (
            f"INSERT INTO keyed_by_{kind} (position, stream, version, event_id, topic, state, recorded_at)"
            f" VALUES {', '.join(rows)}"
        )
        began = time.perf_counter()
        _run(connection, statement)
        took += time.perf_counter() - began
    return took


def _bytes(connection: "MySQL", kind: str) -> int:
    """The clustered index with the rows, and the index of streams and versions."""
    _run(connection, f"ANALYZE TABLE keyed_by_{kind}")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT data_length + index_length FROM information_schema.tables"
            " WHERE table_schema = DATABASE() AND table_name = %s",
            (f"keyed_by_{kind}",),
        )
        return int(cursor.fetchone()[0])  # type: ignore[index]


def _run(connection: "MySQL", statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
