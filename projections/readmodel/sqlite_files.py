"""How the read models' SQLite files are made and opened, and what the driver's errors mean."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from engines.sqlite_wal import use_wal
from projections.readmodel.errors import Misfit, ReadModelUnavailable, WrongFormat

FORMAT = 1
"""Of a file as its schema makes it; each of its upgrades adds one."""
BUSY_MS = 5000
WAL_KEPT = 16 << 20
"""Bytes of a write-ahead log that stay on disk. It grows while a reader holds a snapshot, and would never shrink."""


@contextmanager
def translated() -> Iterator[None]:
    """Driver errors become the read models' own; nothing else of SQLite leaves the adapter."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise Misfit(str(error)) from error
    except sqlite3.Error as error:
        raise ReadModelUnavailable(str(error)) from error


@contextmanager
def files_translated() -> Iterator[None]:
    """The same for the operating system's errors: no descriptors left, no space, no permission."""
    try:
        yield
    except OSError as error:
        raise ReadModelUnavailable(str(error)) from error


def connect(path: Path, *, synchronous: str = "NORMAL", known: int = FORMAT) -> sqlite3.Connection:
    """A connection in autocommit mode to a file that is there; one thread at a time may use it.

    Raises ReadModelUnavailable if it can't be opened, WrongFormat if another format is in it.
    """
    with translated():
        db = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=rw",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        try:
            db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
            db.execute(f"PRAGMA synchronous = {synchronous}")
            db.execute(f"PRAGMA journal_size_limit = {WAL_KEPT}")
            _check_format(db, path, known)
        except BaseException:
            db.close()
            raise
    return db


def make(
    path: Path, schema: str, *initial: tuple[str, tuple[object, ...]], upgrades: Sequence[str] = ()
) -> None:
    """Make the file with the tables of `schema` and the `initial` rows; leave it alone if it is made already.

    Each of the `upgrades` is a statement that leads from one format to the next. Safe for two at once. Raises
    WrongFormat if another program's format is in it.
    """
    known = FORMAT + len(upgrades)
    with files_translated():
        path.parent.mkdir(parents=True, exist_ok=True)
    with translated():
        db = sqlite3.connect(path, isolation_level=None)
        try:
            db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
            if _format(db) == 0:
                _fill(db, schema, initial)
            if FORMAT <= _format(db) < known:
                _upgrade(db, upgrades)
            _check_format(db, path, known)
        finally:
            db.close()


def remove(path: Path) -> None:
    """Remove the file and what SQLite keeps beside it; whoever has it open keeps it until it is closed."""
    with files_translated():
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def _fill(db: sqlite3.Connection, schema: str, initial: tuple[tuple[str, tuple[object, ...]], ...]) -> None:
    use_wal(db, BUSY_MS / 1000)
    db.execute("BEGIN IMMEDIATE")
    # Another process may have made it between the look and the lock.
    if _format(db) == 0:
        text = files("projections.readmodel").joinpath(f"schema/{schema}.sql").read_text(encoding="utf-8")
        for statement in text.split(";"):
            db.execute(statement)
        for statement, arguments in initial:
            db.execute(statement, arguments)
        db.execute(f"PRAGMA user_version = {FORMAT}")
    db.execute("COMMIT")


def _upgrade(db: sqlite3.Connection, upgrades: Sequence[str]) -> None:
    db.execute("BEGIN IMMEDIATE")
    # Another process may have done it between the look and the lock.
    for format, statement in enumerate(upgrades[_format(db) - FORMAT :], _format(db) + 1):
        db.execute(statement)
        db.execute(f"PRAGMA user_version = {format}")
    db.execute("COMMIT")


def _format(db: sqlite3.Connection) -> int:
    found: int = db.execute("PRAGMA user_version").fetchone()[0]
    return found


def _check_format(db: sqlite3.Connection, path: Path, known: int) -> None:
    found = _format(db)
    if found != known:
        raise WrongFormat(
            f"{path} has format {found}, this program knows {known}: "
            + ("upgrade Parley" if found > known else "run `parley migrate`")
        )
