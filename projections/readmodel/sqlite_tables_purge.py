"""Removes what is below owners that were dropped from the read tables."""

import sqlite3


def purge(db: sqlite3.Connection, limit: int) -> int:
    """Remove at most `limit` rows in the open transaction; how many were removed."""
    removed = 0
    while removed < limit and (owner := _next_chat(db)) is not None:
        found = _purge_chat(db, owner, limit - removed)
        removed += found
        if found == 0:
            db.execute("DELETE FROM dropped_chats WHERE chat = ?", (owner,))
    return removed


def _next_chat(db: sqlite3.Connection) -> int | None:
    """A dropped chat; if there is none, those of a dropped application become some."""
    while (row := db.execute("SELECT chat FROM dropped_chats LIMIT 1").fetchone()) is None:
        application = db.execute("SELECT app FROM dropped_applications LIMIT 1").fetchone()
        if application is None:
            return None
        some = db.execute("SELECT id FROM chats WHERE app = ? LIMIT 100", application).fetchall()
        db.executemany("INSERT INTO dropped_chats VALUES (?)", some)
        db.executemany("DELETE FROM chats WHERE id = ?", some)
        if not some:
            db.execute("DELETE FROM dropped_applications WHERE app = ?", application)
    chat: int = row[0]
    return chat


def _purge_chat(db: sqlite3.Connection, chat: int, limit: int) -> int:
    removed = 0
    for table, key in (("history", "number, version"), ("messages", "number")):
        removed += db.execute(
            f"DELETE FROM {table} WHERE chat = ? AND ({key}) IN"
            f" (SELECT {key} FROM {table} WHERE chat = ? ORDER BY {key} LIMIT ?)",
            (chat, chat, limit - removed),
        ).rowcount
    return removed
