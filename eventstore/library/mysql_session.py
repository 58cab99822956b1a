"""A session on MySQL or MariaDB."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any, ClassVar

from eventsourcing.persistence import DataError
from pymysql.err import Error

from engines.mysql_connection import connect
from engines.mysql_errors import is_lost, text_of
from eventstore.library.errors import ConnectionLostError, OutcomeUnknownError, translated

IDLE_SECONDS = 30
"""After how long the server ends a silent session: that is how long a frozen process can hold its locks."""
FRESH_SECONDS = 1.0
PACKET_SPARE = 4096
"""Bytes for the rest of a statement."""


class MySQLSession:
    """Implements `eventstore.library.session.Session` on a server."""

    types: ClassVar[Mapping[str, str]] = {
        "key": "VARBINARY(1024)",
        "blob": "LONGBLOB",
        "integer": "BIGINT",
        "options": "ENGINE = InnoDB ROW_FORMAT = DYNAMIC",
        "insert or ignore": "INSERT IGNORE",
    }

    @classmethod
    def opener(cls, url: str) -> Callable[[], "MySQLSession"]:
        """What opens sessions there."""
        return lambda: cls(url)

    def __init__(self, url: str) -> None:
        try:
            self._connection = connect(url, idle_seconds=IDLE_SECONDS)
        except Error as error:
            if is_lost(error):
                raise ConnectionLostError(text_of(error)) from error
            raise translated(error) from error
        self._used_at = time.monotonic()
        try:
            [(self._largest_packet,)] = self.rows("SELECT @@max_allowed_packet")
        except BaseException:
            self.close()
            raise

    def begin(self) -> None:
        self._run("BEGIN")

    def commit(self) -> None:
        try:
            self._connection.query("COMMIT")
        except Error as error:
            self.close()
            raise OutcomeUnknownError(text_of(error)) from error

    def rollback(self) -> None:
        try:
            if self._connection.open:
                self._connection.query("ROLLBACK")
        except Error:
            self.close()

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> int:
        return self._run(statement, parameters)[0]

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return self._run(statement, parameters)[1]

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        for row in rows:
            size = sum(len(value) for value in row if isinstance(value, bytes))
            # Beyond that the server hangs up, which would look like a lost connection. Escapes take a byte each.
            if size > (self._largest_packet - PACKET_SPARE) // 2:
                raise DataError(
                    f"a row of {size} bytes is more than half of max_allowed_packet, {self._largest_packet}"
                )
        # PyMySQL makes many rows of it, in statements of at most 1 MB where a row allows that.
        places = ", ".join(["%s"] * len(columns))
        with self._translating(), self._connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", rows)

    def advance(self, head: str, by: int) -> int:
        # One round trip, on both servers; MySQL has no RETURNING.
        with self._translating(), self._connection.cursor() as cursor:
            cursor.execute(f"UPDATE {head} SET position = LAST_INSERT_ID(position + %s)", (by,))
            return int(cursor.lastrowid)

    def alive(self) -> bool:
        if self._connection.open and time.monotonic() - self._used_at > FRESH_SECONDS:
            try:
                self._connection.ping(reconnect=False)
                self._used_at = time.monotonic()
            except Error:
                self.close()
        return bool(self._connection.open)

    def close(self) -> None:
        with suppress(Error):
            self._connection.close()

    def _run(self, statement: str, parameters: Sequence[object] = ()) -> tuple[int, list[tuple[Any, ...]]]:
        with self._translating(), self._connection.cursor() as cursor:
            changed = cursor.execute(_with_percents(statement), tuple(parameters))
            return changed, list(cursor.fetchall())

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except Error as error:
            if is_lost(error):
                self.close()
                raise ConnectionLostError(text_of(error)) from error
            raise translated(error) from error
        finally:
            self._used_at = time.monotonic()


@lru_cache(maxsize=256)
def _with_percents(statement: str) -> str:
    return statement.replace("%", "%%").replace("?", "%s")
