"""Makes the log's SQLite file."""

import secrets
import sqlite3
from importlib.resources import files
from pathlib import Path

from engines.sqlite_wal import use_wal
from eventstore.errors import WrongFormat
from eventstore.sqlite_connection import BUSY_MS, FORMAT, translated


def migrate(path: Path) -> None:
    """Make the file, or leave it as it is if it has this program's format. Safe for two at once.

    Raises WrongFormat for a newer one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with translated():
        db = sqlite3.connect(path, isolation_level=None)
        try:
            db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
            _migrate(db, path)
        finally:
            db.close()


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    found = db.execute("PRAGMA user_version").fetchone()[0]
    if found == FORMAT:
        return
    if found > FORMAT:
        raise WrongFormat(f"{path} has format {found}, this program knows {FORMAT}: upgrade Parley")
    use_wal(db, BUSY_MS / 1000)
    db.execute("BEGIN IMMEDIATE")
    # Another process may have made it between the look and the lock.
    if db.execute("PRAGMA user_version").fetchone()[0] == 0:
        schema = files("eventstore").joinpath("schema/sqlite_log.sql").read_text(encoding="utf-8")
        for statement in schema.split(";"):
            db.execute(statement)
        db.execute("INSERT INTO log_head (log_id, position) VALUES (?, 0)", (secrets.token_hex(16),))
        db.execute(f"PRAGMA user_version = {FORMAT}")
    db.execute("COMMIT")
