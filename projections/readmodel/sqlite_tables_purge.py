"""Removes what is below owners that were dropped from the read tables."""

import sqlite3


def purge(db: sqlite3.Connection, limit: int) -> int:
    """Make at most `limit` steps in the open transaction; how many were made: 0 if nothing is left.

    The rows, the chats and the applications count alike: an owner without rows takes its time, too.
    """
    done = 0
    while done < limit and (some := _purge_chat(db, limit - done) or _drop_chats(db, limit - done)):
        done += some
    return done


def _purge_chat(db: sqlite3.Connection, limit: int) -> int:
    """Rows of a dropped chat; its mark once they are gone."""
    chat = db.execute("SELECT chat FROM dropped_chats LIMIT 1").fetchone()
    if chat is None:
        return 0
    removed = 0
    for table, key in (("history", "number, version"), ("messages", "number")):
        removed += db.execute(
            f"DELETE FROM {table} WHERE chat = ? AND ({key}) IN"
            f" (SELECT {key} FROM {table} WHERE chat = ? ORDER BY {key} LIMIT ?)",
            (*chat, *chat, limit - removed),
        ).rowcount
    if removed < limit:
        removed += db.execute("DELETE FROM dropped_chats WHERE chat = ?", chat).rowcount
    return removed


def _drop_chats(db: sqlite3.Connection, limit: int) -> int:
    """Chats of a dropped application become dropped ones; its mark goes once there are none."""
    application = db.execute("SELECT app FROM dropped_applications LIMIT 1").fetchone()
    if application is None:
        return 0
    chats = db.execute("SELECT id FROM chats WHERE app = ? LIMIT ?", (*application, limit)).fetchall()
    if not chats:
        return db.execute("DELETE FROM dropped_applications WHERE app = ?", application).rowcount
    db.executemany("INSERT INTO dropped_chats VALUES (?)", chats)
    db.executemany("DELETE FROM chats WHERE id = ?", chats)
    return len(chats)
