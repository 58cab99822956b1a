"""The read tables in a SQLite file: writing them."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from engines.sqlite_rows import insert_rows
from projections.readmodel.changes import (
    Change,
    DropApplication,
    DropChat,
    DropKey,
    DropMessage,
    PutApplication,
    PutChat,
    PutKey,
    PutMessage,
)
from projections.readmodel.chat_ids import ChatIds, ChatKey
from projections.readmodel.documents import message_json
from projections.readmodel.errors import Misfit
from projections.readmodel.keyring import changed
from projections.readmodel.sqlite_generation import SQLiteGeneration, format_of
from projections.readmodel.sqlite_tables_audit import drifts, every_row
from projections.readmodel.sqlite_tables_purge import purge
from projections.readmodel.store import Drift, Pause, go_on


class SQLiteTables(SQLiteGeneration):
    """Implements `store.Generation`."""

    def __init__(self, path: Path, number: int, is_live: Callable[[], bool] | None) -> None:
        super().__init__(path, number, is_live, format_of("tables"))
        self._chats = ChatIds(self._chat)
        self._folds: dict[type[Change], Callable[[Any], None]] = {
            PutApplication: self._put_applications,
            DropApplication: self._drop_applications,
            PutKey: self._change_keys,
            DropKey: self._change_keys,
            PutChat: self._put_chats,
            DropChat: self._drop_chats,
            PutMessage: self._put_messages,
            DropMessage: self._drop_messages,
        }

    def finish(self) -> None:
        """Nothing is left out."""

    def purge(self, limit: int) -> int:
        with self._transaction():
            return purge(self._db, limit)

    def recount(self, repair: bool, pause: Pause = go_on) -> list[Drift]:
        return drifts(self._db, self._transaction, repair, pause)

    def _rows(self, db: sqlite3.Connection) -> Iterator[tuple[str, bytes]]:
        return every_row(db)

    def _fold(self, changes: Sequence[Change]) -> None:
        for kind, run in groupby(changes, type):
            self._folds[kind](list(run))

    def _forget(self) -> None:
        self._chats.forget_all()

    def _put_applications(self, run: Sequence[PutApplication]) -> None:
        self._db.executemany(
            "INSERT INTO applications (token, name, created_at, updated_at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (token) DO UPDATE SET name = excluded.name, updated_at = excluded.updated_at",
            [(put.token, put.name, put.created_at, put.updated_at) for put in run],
        )

    def _drop_applications(self, run: Sequence[DropApplication]) -> None:
        self._db.executemany(
            "INSERT INTO dropped_applications SELECT id FROM applications WHERE token = ?",
            [(drop.token,) for drop in run],
        )
        self._db.executemany("DELETE FROM applications WHERE token = ?", [(drop.token,) for drop in run])
        self._chats.forget_all()

    def _change_keys(self, run: Sequence[PutKey | DropKey]) -> None:
        # Each keyring is one text, which is written once for all that changes in it.
        by_token: dict[str, list[PutKey | DropKey]] = {}
        for change in run:
            by_token.setdefault(change.token, []).append(change)
        for token, changes in by_token.items():
            row = self._db.execute(
                "SELECT id, app_keys FROM applications WHERE token = ?", (token,)
            ).fetchone()
            if row is None:
                raise Misfit(f"a change of what is not there: application {token}")
            app, keys = row
            self._db.execute(
                "UPDATE applications SET app_keys = ? WHERE id = ?", (changed(keys, changes), app)
            )

    def _put_chats(self, run: Sequence[PutChat]) -> None:
        new: Counter[int] = Counter()
        for put in run:
            app = self._application(put.token)
            times = (put.title, put.updated_at)
            known = self._db.execute(
                "UPDATE chats SET title = ?, updated_at = ? WHERE app = ? AND number = ?",
                (*times, app, put.number),
            )
            if not known.rowcount:
                self._db.execute(
                    "INSERT INTO chats (title, updated_at, app, number, created_at) VALUES (?, ?, ?, ?, ?)",
                    (*times, app, put.number, put.created_at),
                )
                new[app] += 1
        self._count_chats(new)

    def _drop_chats(self, run: Sequence[DropChat]) -> None:
        gone: Counter[int] = Counter()
        for drop in run:
            chat = self._chats[drop.token, drop.number]
            self._chats.forget((drop.token, drop.number))
            self._db.execute("INSERT INTO dropped_chats VALUES (?)", (chat,))
            self._db.execute("DELETE FROM chats WHERE id = ?", (chat,))
            gone[self._application(drop.token)] -= 1
        self._count_chats(gone)

    def _put_messages(self, run: Sequence[PutMessage]) -> None:
        # New ones before edits: a message is new before it is edited, and others do not touch it.
        new, edits, chats = [], [], self._chats
        newest: dict[int, str] = {}
        count: Counter[int] = Counter()
        for put in run:
            chat = chats[put.token, put.chat]
            row = (chat, put.number, put.version, message_json(put))
            if put.version == 1:
                new.append(row)
                newest[chat] = put.created_at
                count[chat] += 1
            else:
                edits.append(row)
        insert_rows(self._db, "INSERT INTO messages (chat, number, version, json) VALUES", new)
        insert_rows(
            self._db,
            "WITH new (id, count, at) AS (VALUES",
            [(chat, count[chat], at) for chat, at in newest.items()],
            conflict=") UPDATE chats SET messages_count = messages_count + new.count, last_message_at = new.at"
            " FROM new WHERE chats.id = new.id",
        )
        for edit in edits:
            self._edit(*edit)

    def _edit(self, chat: int, number: int, version: int, json: bytes) -> None:
        self._db.execute(
            "INSERT INTO history (chat, number, version, json)"
            " SELECT chat, number, version, json FROM messages WHERE chat = ? AND number = ?",
            (chat, number),
        )
        found = self._db.execute(
            "UPDATE messages SET version = ?, json = ? WHERE chat = ? AND number = ?",
            (version, json, chat, number),
        )
        if not found.rowcount:
            raise Misfit(f"version {version} of a message that is not there: number {number}")

    def _drop_messages(self, run: Sequence[DropMessage]) -> None:
        keys = [(self._chats[drop.token, drop.chat], drop.number) for drop in run]
        gone: Counter[int] = Counter()
        for key in keys:
            found = self._db.execute("DELETE FROM messages WHERE chat = ? AND number = ?", key)
            gone[key[0]] += found.rowcount
        self._db.executemany("DELETE FROM history WHERE chat = ? AND number = ?", keys)
        self._db.executemany(
            "UPDATE chats SET messages_count = messages_count - ? WHERE id = ?",
            [(number, chat) for chat, number in gone.items()],
        )

    def _count_chats(self, deltas: Counter[int]) -> None:
        self._db.executemany(
            "UPDATE applications SET chats_count = chats_count + ? WHERE id = ?",
            [(delta, app) for app, delta in deltas.items()],
        )

    def _application(self, token: str) -> int:
        return self._one(f"application {token}", "SELECT id FROM applications WHERE token = ?", (token,))

    def _chat(self, key: ChatKey) -> int:
        return self._one(
            f"chat {key[0]}/{key[1]}",
            "SELECT c.id FROM applications a JOIN chats c ON c.app = a.id WHERE a.token = ? AND c.number = ?",
            key,
        )

    def _one(self, thing: str, statement: str, arguments: tuple[object, ...]) -> int:
        row = self._db.execute(statement, arguments).fetchone()
        if row is None:
            raise Misfit(f"a change of what is not there: {thing}")
        found: int = row[0]
        return found
