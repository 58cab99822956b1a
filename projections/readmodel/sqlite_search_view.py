"""The search index in a SQLite file: reading one snapshot of it."""

import sqlite3

from projections.readmodel.documents import body_of
from projections.readmodel.views import Found, Hit, Page

_LAST_NUMBER = 0xFFFFFFFF


class SQLiteSearchView:
    """Implements `views.SearchView`; the snapshot is the transaction that is open on the connection."""

    def __init__(self, db: sqlite3.Connection, position: int) -> None:
        self._db = db
        self._position = position

    @property
    def position(self) -> int:
        return self._position

    def find(self, token: str, chat: int, needle: str, page: Page) -> Found:
        row = self._db.execute(
            "SELECT id FROM chats WHERE token = ? AND number = ?", (token, chat)
        ).fetchone()
        if row is None:
            return Found(0, [])
        base = row[0] << 32
        # A number beyond 32 bits would reach into the next chat.
        first = min(page.after, _LAST_NUMBER) + 1
        last = _LAST_NUMBER if page.before is None else min(page.before - 1, _LAST_NUMBER)
        direction = "DESC" if page.descending else "ASC"
        hits = self._db.execute(
            "SELECT t.id & 0xffffffff, d.json FROM texts t CROSS JOIN documents d ON d.id = t.id"
            f" WHERE t.id BETWEEN ? AND ? AND instr(t.norm, ?) ORDER BY t.id {direction} LIMIT ?",
            (base + first, base + last, needle, page.limit),
        ).fetchall()
        total = len(hits)
        if total == page.limit or (first, last) != (1, _LAST_NUMBER):
            total = self._db.execute(
                "SELECT count(*) FROM texts WHERE id BETWEEN ? AND ? AND instr(norm, ?)",
                (base, base + _LAST_NUMBER, needle),
            ).fetchone()[0]
        return Found(total, [Hit(number, body_of(json), json) for number, json in hits])
