"""Switches a file to a write-ahead log."""

import sqlite3
import time

_PAUSE = 0.005


def use_wal(db: sqlite3.Connection, patience: float) -> None:
    """Wait, for so many seconds, for another that makes the same file: there SQLite does not by itself [measured].

    Raises sqlite3.OperationalError.
    """
    given_up_at = time.monotonic() + patience
    while True:
        try:
            if db.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > given_up_at:
                raise
            time.sleep(_PAUSE)
