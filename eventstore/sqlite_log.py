"""The log on SQLite: reading it."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from weakref import WeakSet

from engines.sqlite_integrity import integrity
from eventstore.log import READ_BYTES, LogWriter, Recorded, StreamState
from eventstore.sqlite_connection import connect, translated
from eventstore.sqlite_writer import SQLiteLogWriter

_COLUMNS = "e.position, s.name, e.version, e.event_id, e.topic, e.state, e.recorded_at, e.meta"


class SQLiteLog:
    """Implements `eventstore.log.Log` on one file; each thread reads on a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        # Weakly, so that a thread that ends takes its connection with it.
        self._opened: WeakSet[_Owned] = WeakSet()
        self._log_id: str = self._one("SELECT log_id FROM log_head")

    @property
    def log_id(self) -> str:
        return self._log_id

    def head(self) -> int:
        position: int = self._one("SELECT position FROM log_head")
        return position

    def read(self, after: int, limit: int, most_bytes: int = READ_BYTES) -> list[Recorded]:
        with (
            translated(),
            # Closed before its end, too: else it would stay a reader of this moment's log.
            closing(
                self._connection().execute(
                    f"SELECT {_COLUMNS} FROM events e JOIN streams s ON s.id = e.stream"
                    " WHERE e.position > ? ORDER BY e.position LIMIT ?",
                    (after, limit),
                )
            ) as rows,
        ):
            return list(_up_to(most_bytes, map(Recorded._make, rows)))

    def read_stream(self, stream: str, after: int, limit: int) -> list[Recorded]:
        return self._recorded(
            f"SELECT {_COLUMNS} FROM streams s JOIN events e ON e.stream = s.id"
            " WHERE s.name = ? AND e.version > ? ORDER BY e.version LIMIT ?",
            (stream, after, limit),
        )

    def stream_states(self, after: str, limit: int) -> list[tuple[str, StreamState]]:
        with translated():
            rows = self._connection().execute(
                "SELECT name, version, live, closed FROM streams WHERE name > ? ORDER BY name LIMIT ?",
                (after, limit),
            )
            return [(name, StreamState(version, live, bool(closed))) for name, version, live, closed in rows]

    def check(self) -> list[str]:
        with translated():
            return integrity(self._connection())

    def writer(self) -> LogWriter:
        return SQLiteLogWriter(self._path)

    def close(self) -> None:
        while self._opened:
            self._opened.pop().close()
        self._local = threading.local()

    def _connection(self) -> sqlite3.Connection:
        owned: _Owned | None = getattr(self._local, "owned", None)
        if owned is None:
            owned = self._local.owned = _Owned(connect(self._path, writable=False))
            self._opened.add(owned)
        return owned.db

    def _one(self, statement: str) -> Any:
        with translated():
            return self._connection().execute(statement).fetchone()[0]

    def _recorded(self, statement: str, arguments: tuple[object, ...]) -> list[Recorded]:
        with translated():
            rows = self._connection().execute(statement, arguments)
            return [Recorded._make(row) for row in rows]


class _Owned:
    """A thread's connection: closed when nobody has it any more."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def close(self) -> None:
        self.db.close()

    def __del__(self) -> None:
        self.db.close()


def _up_to(most_bytes: int, events: Iterable[Recorded]) -> Iterator[Recorded]:
    for event in events:
        yield event
        most_bytes -= len(event.state)
        if most_bytes <= 0:
            break
