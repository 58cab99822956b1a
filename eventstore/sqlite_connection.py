"""How the log's SQLite file is opened, and what its errors mean."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eventstore.errors import LogConflict, LogUnavailable, WrongFormat

FORMAT = 1
BUSY_MS = 3000


def connect(path: Path, *, writable: bool) -> sqlite3.Connection:
    """A connection in autocommit mode: transactions begin and end only where the code says so.

    Raises LogUnavailable if the file can't be opened, WrongFormat if another format is in it.
    """
    mode = "rw" if writable else "ro"
    with translated():
        db = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        # In WAL mode only FULL makes COMMIT wait for the disk (sqlite.org/pragma.html#pragma_synchronous).
        db.execute("PRAGMA synchronous = FULL")
        found = db.execute("PRAGMA user_version").fetchone()[0]
    if found != FORMAT:
        db.close()
        raise WrongFormat(
            f"{path} has format {found}, this program knows {FORMAT}: "
            + ("upgrade Parley" if found > FORMAT else "run `parley migrate`")
        )
    return db


@contextmanager
def translated() -> Iterator[None]:
    """Driver errors become the log's own; nothing else of SQLite leaves the adapter."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise LogConflict(str(error)) from error
    except sqlite3.Error as error:
        raise LogUnavailable(str(error)) from error
