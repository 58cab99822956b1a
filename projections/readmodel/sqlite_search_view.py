"""The search index in a SQLite file: reading one snapshot of it."""

import sqlite3

from projections.readmodel.documents import body_of
from projections.readmodel.sqlite_trigrams import is_told_by_trigrams, match
from projections.readmodel.views import Found, Hit, Page

_LAST_NUMBER = 0xFFFFFFFF
_WORTH_A_LOOK_UP = 6
"""Reading a text that the trigrams name costs as much as reading so many in a row [measured]."""


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
            "SELECT id FROM chats WHERE token = ? AND number = ?"
            " AND token NOT IN (SELECT token FROM dropped_applications)",
            (token, chat),
        ).fetchone()
        if row is None:
            return Found(0, [])
        ids = (row[0] << 32, row[0] << 32 | _LAST_NUMBER)
        trigrams = match(needle)
        if trigrams is None:
            return self._scan(ids, needle, page)
        return self._look_up(ids, trigrams, needle, page)

    def _scan(self, ids: tuple[int, int], needle: str, page: Page) -> Found:
        hits = self._hits("texts t", "t.id", (), ids, needle, page)
        if _is_all(hits, page):
            return Found(len(hits), hits)
        return Found(self._count_by_scan(ids, needle), hits)

    def _look_up(self, ids: tuple[int, int], trigrams: str, needle: str, page: Page) -> Found:
        # The index walks ids downwards as well as upwards; a join from it needs no sort.
        hits = self._hits(
            "trigrams g CROSS JOIN texts t ON t.id = g.rowid",
            "g.trigrams MATCH ? AND g.rowid",
            (trigrams,),
            ids,
            needle,
            page,
        )
        if _is_all(hits, page):
            return Found(len(hits), hits)
        candidates = self._one(
            "SELECT count(*) FROM trigrams WHERE trigrams MATCH ? AND rowid BETWEEN ? AND ?", (trigrams, *ids)
        )
        if is_told_by_trigrams(needle):
            return Found(candidates, hits)
        if candidates * _WORTH_A_LOOK_UP > self._most(ids):
            return Found(self._count_by_scan(ids, needle), hits)
        total = self._one(
            "SELECT count(*) FROM trigrams g CROSS JOIN texts t ON t.id = g.rowid"
            " WHERE g.trigrams MATCH ? AND g.rowid BETWEEN ? AND ? AND instr(t.norm, ?)",
            (trigrams, *ids, needle),
        )
        return Found(total, hits)

    def _hits(
        self, source: str, key: str, arguments: tuple[str, ...], ids: tuple[int, int], needle: str, page: Page
    ) -> list[Hit]:
        # A number beyond 32 bits would reach into the next chat.
        first = ids[0] + min(page.after, _LAST_NUMBER) + 1
        last = ids[0] + (_LAST_NUMBER if page.before is None else min(page.before - 1, _LAST_NUMBER))
        column, direction = key.rsplit(" ", 1)[-1], "DESC" if page.descending else "ASC"
        rows = self._db.execute(
            f"SELECT t.id & {_LAST_NUMBER}, d.json FROM {source} CROSS JOIN documents d ON d.id = t.document"
            f" WHERE {key} BETWEEN ? AND ? AND instr(t.norm, ?) ORDER BY {column} {direction} LIMIT ?",
            (*arguments, first, last, needle, page.limit),
        ).fetchall()
        return [Hit(number, body_of(json), json) for number, json in rows]

    def _count_by_scan(self, ids: tuple[int, int], needle: str) -> int:
        return self._one(
            "SELECT count(*) FROM texts WHERE id BETWEEN ? AND ? AND instr(norm, ?)", (*ids, needle)
        )

    def _most(self, ids: tuple[int, int]) -> int:
        """How many texts the chat may have: its last number."""
        return self._one("SELECT coalesce(max(id), ?1) - ?1 FROM texts WHERE id BETWEEN ?1 AND ?2", ids)

    def _one(self, statement: str, arguments: tuple[object, ...]) -> int:
        found: int = self._db.execute(statement, arguments).fetchone()[0]
        return found


def _is_all(hits: list[Hit], page: Page) -> bool:
    """Whether there can't be more than these."""
    return len(hits) < page.limit and page.after == 0 and page.before is None
