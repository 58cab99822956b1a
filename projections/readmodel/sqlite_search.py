"""The search index in a SQLite file: writing it."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from projections.readmodel.changes import (
    Change,
    DropApplication,
    DropChat,
    DropMessage,
    PutApplication,
    PutChat,
    PutMessage,
)
from projections.readmodel.chat_ids import ChatIds, ChatKey
from projections.readmodel.documents import message_json
from projections.readmodel.norm import norm
from projections.readmodel.sqlite_generation import SQLiteGeneration
from projections.readmodel.store import Drift

SCHEMA = "sqlite_search"


def document_id(chat: int, number: int) -> int:
    """The id of a message's document: all of a chat's are one range, in the order of their numbers."""
    return chat << 32 | number


class SQLiteSearch(SQLiteGeneration):
    """Implements `store.Generation`.

    No tombstones: changes come once and in order, so nothing old can come after a drop.
    """

    def __init__(self, path: Path, number: int, is_live: Callable[[], bool] | None) -> None:
        super().__init__(path, number, is_live)
        self._chats = ChatIds(self._chat)
        self._folds: dict[type[Change], Callable[[Any], None]] = {
            PutApplication: _nothing,
            DropApplication: self._drop_applications,
            PutChat: _nothing,
            DropChat: self._drop_chats,
            PutMessage: self._put_messages,
            DropMessage: self._drop_messages,
        }

    def finish(self) -> None:
        """Nothing is left out."""

    def purge(self, limit: int) -> int:
        removed = 0
        with self._transaction():
            while removed < limit and (row := self._db.execute("SELECT chat FROM dropped_chats").fetchone()):
                found = self._purge_chat(row[0], limit - removed)
                removed += found
                if found == 0:
                    self._db.execute("DELETE FROM dropped_chats WHERE chat = ?", row)
        return removed

    def recount(self, repair: bool) -> list[Drift]:  # noqa: ARG002 - there are no counters here
        return []

    def _rows(self, db: sqlite3.Connection) -> Iterator[tuple[str, bytes]]:
        for token, chat, number, text, json in db.execute(
            "SELECT c.token, c.number, d.id & 0xffffffff, t.norm, d.json FROM chats c"
            " CROSS JOIN texts t ON t.id BETWEEN c.id << 32 AND c.id << 32 | 0xffffffff"
            " CROSS JOIN documents d ON d.id = t.id ORDER BY c.token, c.number, t.id"
        ):
            yield f"document {token} {chat:018d} {number:018d}", json + b"\n" + text.encode()

    def _fold(self, changes: Sequence[Change]) -> None:
        for kind, run in groupby(changes, type):
            self._folds[kind](list(run))

    def _forget(self) -> None:
        self._chats.forget_all()

    def _drop_applications(self, run: Sequence[DropApplication]) -> None:
        for drop in run:
            self._drop("token = ?", (drop.token,))
        self._chats.forget_all()

    def _drop_chats(self, run: Sequence[DropChat]) -> None:
        for drop in run:
            self._drop("token = ? AND number = ?", (drop.token, drop.number))
            self._chats.forget((drop.token, drop.number))

    def _drop(self, condition: str, arguments: tuple[object, ...]) -> None:
        self._db.execute(f"INSERT INTO dropped_chats SELECT id FROM chats WHERE {condition}", arguments)
        self._db.execute(f"DELETE FROM chats WHERE {condition}", arguments)

    def _put_messages(self, run: Sequence[PutMessage]) -> None:
        chats = self._chats
        # The last of each, if one is put more than once.
        last = {document_id(chats[put.token, put.chat], put.number): put for put in run}
        self._db.executemany(
            "INSERT OR REPLACE INTO texts (id, norm) VALUES (?, ?)",
            [(identity, norm(put.body)) for identity, put in last.items()],
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO documents (id, json) VALUES (?, ?)",
            [(identity, message_json(put)) for identity, put in last.items()],
        )

    def _drop_messages(self, run: Sequence[DropMessage]) -> None:
        ids = [(document_id(self._chats[drop.token, drop.chat], drop.number),) for drop in run]
        self._db.executemany("DELETE FROM texts WHERE id = ?", ids)
        self._db.executemany("DELETE FROM documents WHERE id = ?", ids)

    def _purge_chat(self, chat: int, limit: int) -> int:
        first, last = document_id(chat, 0), document_id(chat + 1, 0)
        removed = 0
        for table in ("texts", "documents"):
            removed += self._db.execute(
                f"DELETE FROM {table} WHERE id IN"
                f" (SELECT id FROM {table} WHERE id >= ? AND id < ? ORDER BY id LIMIT ?)",
                (first, last, limit - removed),
            ).rowcount
        return removed

    def _chat(self, key: ChatKey) -> int:
        row = self._db.execute("SELECT id FROM chats WHERE token = ? AND number = ?", key).fetchone()
        if row is not None:
            found: int = row[0]
            return found
        made = self._db.execute("INSERT INTO chats (token, number) VALUES (?, ?)", key).lastrowid
        assert made is not None
        return made


def _nothing(run: Sequence[Change]) -> None:
    """Names and titles are not searched."""
