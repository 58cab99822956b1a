"""The search index in a SQLite file: writing it."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import groupby
from pathlib import Path

from projections.readmodel.changes import (
    Change,
    DropApplication,
    DropChat,
    DropMessage,
    PutMessage,
)
from projections.readmodel.chat_ids import ChatIds, ChatKey
from projections.readmodel.sqlite_files import remove, translated
from projections.readmodel.sqlite_generation import SQLiteGeneration
from projections.readmodel.sqlite_search_documents import MessageChange, purge, write
from projections.readmodel.sqlite_trigrams import integrity as trigram_integrity
from projections.readmodel.store import Drift, Pause, go_on


class SQLiteSearch(SQLiteGeneration):
    """Implements `store.Generation`.

    No tombstones: changes come once and in order, so nothing old can come after a drop.
    """

    def __init__(self, path: Path, number: int, is_live: Callable[[], bool] | None) -> None:
        super().__init__(path, number, is_live)
        self._chats = ChatIds(self._chat)

    def finish(self) -> None:
        """Nothing is left out."""

    def purge(self, limit: int) -> int:
        with self._transaction():
            return purge(self._db, limit)

    def recount(self, repair: bool, pause: Pause = go_on) -> list[Drift]:  # noqa: ARG002 - there are no counters here
        return []

    def check(self) -> list[str]:
        # Of a copy: to compare the trigrams with the texts takes the write lock, and for as long as to make them.
        path = self._path.with_name("search_check.db")
        remove(path)
        try:
            with translated(), closing(sqlite3.connect(path, isolation_level=None)) as copy:
                self._db.backup(copy)
                return super().check() + trigram_integrity(copy)
        finally:
            remove(path)

    def _rows(self, db: sqlite3.Connection) -> Iterator[tuple[str, bytes]]:
        for token, chat, number, text, json in db.execute(
            "SELECT c.token, c.number, t.id & 0xffffffff, t.norm, d.json FROM chats c"
            " CROSS JOIN texts t ON t.id BETWEEN c.id << 32 AND c.id << 32 | 0xffffffff"
            " CROSS JOIN documents d ON d.id = t.document"
            " WHERE c.token NOT IN (SELECT token FROM dropped_applications) ORDER BY c.token, c.number, t.id"
        ):
            yield f"document {token} {chat:018d} {number:018d}", json + b"\n" + text.encode()

    def _fold(self, changes: Sequence[Change]) -> None:
        for is_message, run in groupby(changes, lambda change: isinstance(change, PutMessage | DropMessage)):
            if is_message:
                self._change_messages(run)  # type: ignore[arg-type]
            else:
                self._drop_owners(run)

    def _forget(self) -> None:
        self._chats.forget_all()

    def _change_messages(self, run: Iterator[PutMessage | DropMessage]) -> None:
        chats = self._chats
        last: dict[int, MessageChange] = {}
        for change in run:
            identity = chats[change.token, change.chat] << 32 | change.number
            if isinstance(change, PutMessage):
                is_new = change.version == 1 or (identity in last and last[identity].is_new)
                last[identity] = MessageChange(change, is_new)
            else:
                last[identity] = MessageChange(None, identity in last and last[identity].is_new)
        write(self._db, last)

    def _drop_owners(self, run: Iterator[Change]) -> None:
        for change in run:
            match change:
                case DropChat(token=token, number=number):
                    self._drop_chat((token, number))
                case DropApplication(token=token):
                    self._drop_application(token)
                case _:
                    """Names and titles are not searched."""

    def _drop_chat(self, key: ChatKey) -> None:
        self._db.execute("INSERT INTO dropped_chats SELECT id FROM chats WHERE token = ? AND number = ?", key)
        self._db.execute("DELETE FROM chats WHERE token = ? AND number = ?", key)
        self._chats.forget(key)

    def _drop_application(self, token: str) -> None:
        # Its chats may be many, and followers of other applications' facts wait: they are left to `purge`.
        self._db.execute(
            "INSERT OR IGNORE INTO dropped_applications SELECT token FROM chats WHERE token = ? LIMIT 1",
            (token,),
        )
        self._chats.forget_all()

    def _chat(self, key: ChatKey) -> int:
        row = self._db.execute("SELECT id FROM chats WHERE token = ? AND number = ?", key).fetchone()
        if row is not None:
            found: int = row[0]
            return found
        made = self._db.execute("INSERT INTO chats (token, number) VALUES (?, ?)", key).lastrowid
        assert made is not None
        return made
