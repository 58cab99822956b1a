"""The log on MySQL and MariaDB: reading it."""

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from pymysql.err import Error

from engines.mysql_server import VERSION, checking
from eventstore.errors import LogUnavailable
from eventstore.log import READ_BYTES, LogWriter, Recorded, StreamState
from eventstore.mysql_connection import open_connection, rows
from eventstore.mysql_writer import MySQLLogWriter

if TYPE_CHECKING:
    from engines.mysql_connection import MySQL

# A page of large events, or a check of all tables.
READ_SECONDS = 30
CHECK_SECONDS = 3600

# Two columns: the driver takes a microsecond for each, of an event's ten. The name is last, for it may hold spaces.
_COLUMNS = (
    "CONCAT_WS(' ', e.position, e.version, e.recorded_at, HEX(e.event_id), e.topic, IFNULL(HEX(e.meta), ''), s.name),"
    " e.state"
)
# Events first: the order is theirs, and the index of stream ids holds the names.
_EVENTS = f"SELECT STRAIGHT_JOIN {_COLUMNS} FROM events e JOIN streams s ON s.id = e.stream"
# The last position of a page, and how large that is.
_PAGE = "SELECT MAX(position), SUM(LENGTH(state)) FROM events WHERE position > %s AND position <= %s"
# The last position before `most_bytes` of state are reached; only numbers go through the running sum.
_LAST = (
    "SELECT MAX(position) FROM (SELECT position, SUM(size) OVER (ORDER BY position ROWS UNBOUNDED PRECEDING) - size"
    " AS before_it FROM (SELECT position, LENGTH(state) AS size FROM events WHERE position > %s"
    " ORDER BY position LIMIT %s) AS page) AS summed WHERE before_it < %s"
)


class MySQLLog:
    """Implements `eventstore.log.Log`; each thread reads on a connection of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._local = threading.local()
        # Weakly, so that a thread that ends takes its connection with it.
        self._opened: WeakSet[MySQL] = WeakSet()
        self._log_id: str | None = None

    @property
    def log_id(self) -> str:
        if self._log_id is None:
            self.head()
        assert self._log_id is not None
        return self._log_id

    def head(self) -> int:
        # The name as well: under a running process the server may get another log from a backup.
        [(self._log_id, position)] = self._rows("SELECT log_id, position FROM log_head")
        return int(position)

    def read(self, after: int, limit: int, most_bytes: int = READ_BYTES) -> list[Recorded]:
        # Most pages are small: to sum their sizes up takes the server a quarter of the time of the running sum.
        [(last, size)] = self._rows(_PAGE, (after, after + limit))
        if last is None or size > most_bytes:
            [(last,)] = self._rows(_LAST, (after, limit, most_bytes))
        if last is None:
            return []
        return self._recorded(
            f"{_EVENTS} WHERE e.position > %s AND e.position <= %s ORDER BY e.position LIMIT %s",
            (after, last, limit),
        )

    def read_stream(self, stream: str, after: int, limit: int) -> list[Recorded]:
        return self._recorded(
            f"SELECT {_COLUMNS} FROM streams s JOIN events e ON e.stream = s.id"
            " WHERE s.name = %s AND e.version > %s ORDER BY e.version LIMIT %s",
            (stream.encode(), after, limit),
        )

    def stream_states(self, after: str, limit: int) -> list[tuple[str, StreamState]]:
        found = self._rows(
            "SELECT name, version, live, closed FROM streams WHERE name > %s ORDER BY name LIMIT %s",
            (after.encode(), limit),
        )
        return [
            (name.decode(), StreamState(version, live, bool(closed))) for name, version, live, closed in found
        ]

    def check(self) -> list[str]:
        connection = open_connection(self._url, read_seconds=CHECK_SECONDS)
        try:
            [(version,)] = rows(connection, VERSION)
            found = rows(connection, checking(version, ("log_head", "streams", "events", "commands")))
        finally:
            connection.close()
        return [f"{table}: {text}" for table, _, kind, text in found if kind != "status" or text != "OK"]

    def writer(self) -> LogWriter:
        return MySQLLogWriter(self._url)

    def close(self) -> None:
        while self._opened:
            _close(self._opened.pop())
        self._local = threading.local()

    def _recorded(self, statement: str, arguments: tuple[object, ...]) -> list[Recorded]:
        return [_recorded(head, state) for head, state in self._rows(statement, arguments)]

    def _rows(self, statement: str, arguments: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        known = getattr(self._local, "db", None) is not None
        try:
            return self._ask(statement, arguments)
        except LogUnavailable:
            # The server ends what has been silent for long; a question can be asked again.
            if not known:
                raise
        return self._ask(statement, arguments)

    def _ask(self, statement: str, arguments: tuple[object, ...]) -> list[tuple[Any, ...]]:
        connection = self._connection()
        try:
            return rows(connection, statement, arguments)
        except LogUnavailable:
            # It may be in the middle of an answer; a new one is opened at the next call.
            self._opened.discard(connection)
            self._local.db = None
            _close(connection)
            raise

    def _connection(self) -> "MySQL":
        connection: MySQL | None = getattr(self._local, "db", None)
        if connection is None:
            connection = self._local.db = open_connection(self._url, read_seconds=READ_SECONDS)
            self._opened.add(connection)
        return connection


def _recorded(head: bytes, state: bytes) -> Recorded:
    position, version, recorded_at, event_id, topic, meta, name = head.split(b" ", 6)
    return Recorded(
        int(position),
        name.decode(),
        int(version),
        bytes.fromhex(event_id.decode()),
        topic.decode(),
        state,
        int(recorded_at),
        bytes.fromhex(meta.decode()) if meta else None,
    )


def _close(connection: "MySQL") -> None:
    with suppress(Error):
        connection.close()
