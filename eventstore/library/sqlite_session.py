"""A session on SQLite."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

from engines.sqlite_rows import insert_rows
from engines.sqlite_wal import use_wal
from eventstore.library.errors import OutcomeUnknownError, translated

BUSY_MS = 5000


class SQLiteSession:
    """Implements `eventstore.library.session.Session` on a file."""

    types: ClassVar[Mapping[str, str]] = {
        "key": "BLOB",
        "blob": "BLOB",
        "integer": "INTEGER",
        "options": "",
        "insert or ignore": "INSERT OR IGNORE",
    }

    @classmethod
    def opener(cls, path: Path) -> Callable[[], "SQLiteSession"]:
        """What opens sessions on that file; it is made if it is missing, but its folder is not."""
        return lambda: cls(path)

    def __init__(self, path: Path) -> None:
        with _translating():
            self._db = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, cached_statements=256
            )
            try:
                self._db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
                use_wal(self._db, BUSY_MS / 1000)
                # In WAL mode only FULL makes COMMIT wait for the disk (sqlite.org/pragma.html#pragma_synchronous).
                self._db.execute("PRAGMA synchronous = FULL")
            except BaseException:
                self._db.close()
                raise
        self._open = True

    def begin(self) -> None:
        with _translating():
            self._db.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        try:
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            self.close()
            raise OutcomeUnknownError(str(error)) from error

    def rollback(self) -> None:
        try:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
        except sqlite3.Error:
            self.close()

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> int:
        with _translating():
            return self._db.execute(statement, parameters).rowcount

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with _translating():
            return self._db.execute(statement, parameters).fetchall()

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        with _translating():
            insert_rows(self._db, f"INSERT INTO {table} ({', '.join(columns)}) VALUES", rows)

    def advance(self, head: str, by: int) -> int:
        [(position,)] = self.rows(f"UPDATE {head} SET position = position + ? RETURNING position", (by,))
        return int(position)

    def alive(self) -> bool:
        return self._open

    def close(self) -> None:
        self._open = False
        with suppress(sqlite3.Error):
            self._db.close()


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise translated(error) from error
