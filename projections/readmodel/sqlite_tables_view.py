"""The read tables in a SQLite file: reading one snapshot of them."""

import sqlite3
from typing import Any

from projections.readmodel.documents import application_json, chat_json, version_json
from projections.readmodel.key_rows import key_rows
from projections.readmodel.keyring import Admit, anybody, keyring
from projections.readmodel.views import KeyRow, MessageRow, Page, RecentKey, RecentRow, Row

_APPLICATION = "token, name, chats_count, created_at, updated_at"
_CHAT = "c.number, c.title, c.messages_count, c.last_message_at, c.created_at, c.updated_at"
_OWNED_CHAT = "applications a LEFT JOIN chats c ON c.app = a.id AND c.number = ?"
_OWNED_MESSAGE = f"{_OWNED_CHAT} LEFT JOIN messages m ON m.chat = c.id AND m.number = ?"
_FAR = 2**63 - 1


class SQLiteTablesView:
    """Implements `views.TablesView`; the snapshot is the transaction that is open on the connection."""

    def __init__(self, db: sqlite3.Connection, position: int, admit: Admit = anybody) -> None:
        self._db = db
        self._position = position
        self._admit = admit

    @property
    def position(self) -> int:
        return self._position

    def guarded(self, admit: Admit) -> "SQLiteTablesView":
        return SQLiteTablesView(self._db, self._position, admit)

    def application(self, token: str) -> bytes | None:
        row = self._one(f"SELECT app_keys, {_APPLICATION} FROM applications WHERE token = ?", (token,))
        return None if row is None else application_json(*row)

    def applications(self, after: int, limit: int) -> list[Row]:
        rows = self._db.execute(
            f"SELECT id, {_APPLICATION} FROM applications WHERE id > ? ORDER BY id LIMIT ?", (after, limit)
        )
        return [(identity, application_json(*row)) for identity, *row in rows.fetchall()]

    def keys(self, token: str, after: tuple[str, str] | None, limit: int) -> list[KeyRow] | None:
        row = self._one("SELECT app_keys, app_keys FROM applications WHERE token = ?", (token,))
        return None if row is None else key_rows(row[0], after, limit)

    def chat(self, token: str, number: int) -> bytes | None:
        row = self._one(f"SELECT a.app_keys, {_CHAT} FROM {_OWNED_CHAT} WHERE a.token = ?", (number, token))
        return None if row is None or row[0] is None else chat_json(*row)

    def chats(self, token: str, page: Page) -> list[Row] | None:
        app = self._application(token)
        if app is None:
            return None
        rows = self._db.execute(
            f"SELECT {_CHAT} FROM chats c WHERE c.app = ? AND c.number > ? AND c.number < ?"
            f" ORDER BY c.number {_direction(page)} LIMIT ?",
            (app, page.after, _before(page), page.limit),
        )
        return [(row[0], chat_json(*row)) for row in rows.fetchall()]

    def recent_chats(self, token: str, after: RecentKey | None, limit: int) -> list[RecentRow] | None:
        app = self._application(token)
        if app is None:
            return None
        if after is None:
            return self._recent("c.last_message_at <= ?", (app, "~"), limit)
        # Two ranges of the index; as one condition it would be a scan of all that have the same time.
        alike = self._recent("c.last_message_at = ? AND c.number > ?", (app, *after), limit)
        older = self._recent("c.last_message_at < ?", (app, after.last_message_at), limit - len(alike))
        return alike + older

    def message(self, token: str, chat: int, number: int) -> MessageRow | None:
        row = self._one(
            f"SELECT a.app_keys, m.version, m.json FROM {_OWNED_MESSAGE} WHERE a.token = ?",
            (chat, number, token),
        )
        return None if row is None or row[0] is None else MessageRow(*row)

    def messages(self, token: str, chat: int, page: Page) -> list[Row] | None:
        rows = self._db.execute(
            f"SELECT a.app_keys, c.number, m.number, m.json FROM {_OWNED_CHAT}"
            " LEFT JOIN messages m ON m.chat = c.id AND m.number > ? AND m.number < ?"
            f" WHERE a.token = ? ORDER BY m.number {_direction(page)} LIMIT ?",
            (chat, page.after, _before(page), token, page.limit),
        ).fetchall()
        if not rows:
            return None
        keys, found, first, _ = rows[0]
        self._ask(keys)
        if found is None:
            return None
        return [row[2:] for row in rows] if first is not None else []

    def history(self, token: str, chat: int, number: int, page: Page) -> list[Row] | None:
        latest = self._one(
            f"SELECT a.app_keys, m.chat, m.version, m.json FROM {_OWNED_MESSAGE} WHERE a.token = ?",
            (chat, number, token),
        )
        if latest is None or latest[0] is None:
            return None
        rows = self._db.execute(
            "SELECT version, json FROM history WHERE chat = ? AND number = ? AND version > ? AND version < ?"
            " ORDER BY version LIMIT ?",
            (latest[0], number, page.after, _before(page), page.limit),
        ).fetchall()
        if len(rows) < page.limit and page.after < latest[1] < _before(page):
            rows.append(latest[1:])
        return [(version, version_json(json)) for version, json in rows]

    def _application(self, token: str) -> int | None:
        row = self._one("SELECT app_keys, id FROM applications WHERE token = ?", (token,))
        return None if row is None else row[0]

    def _one(self, statement: str, arguments: tuple[object, ...]) -> tuple[Any, ...] | None:
        """The one row of what an application has, without its first column: the keyring."""
        row = self._db.execute(statement, arguments).fetchone()
        if row is None:
            return None
        self._ask(row[0])
        return row[1:]  # type: ignore[no-any-return]

    def _ask(self, keys: str | None) -> None:
        if keys is not None:
            self._admit(keyring(keys), self._position)

    def _recent(self, condition: str, arguments: tuple[object, ...], limit: int) -> list[RecentRow]:
        rows = self._db.execute(
            f"SELECT {_CHAT} FROM chats c WHERE c.app = ? AND {condition}"
            " ORDER BY c.last_message_at DESC, c.number LIMIT ?",
            (*arguments, limit),
        )
        return [RecentRow(RecentKey(row[3], row[0]), chat_json(*row)) for row in rows.fetchall()]


def _direction(page: Page) -> str:
    return "DESC" if page.descending else "ASC"


def _before(page: Page) -> int:
    return _FAR if page.before is None else page.before
