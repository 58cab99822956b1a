"""The statements that bring one generation's tables up to the end of a batch."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import TypeVar

from engines.mysql_text import binary, escaped_lines, quoted, statements
from projections.readmodel.changes import PutMessage
from projections.readmodel.documents import message_lines
from projections.readmodel.keyring import changed
from projections.readmodel.mysql_writes import Write
from projections.readmodel.tables_batch import ChatKey, MessageKey, TablesBatch

T = TypeVar("T")

_MOST_ROWS = 500
"""Rows that one statement looks for by their keys; more would be much for the optimizer."""
_KEY = itemgetter(0, 1, 2)
_UPSERT = "ON DUPLICATE KEY UPDATE"


class TablesWrites:
    """Of one generation; `apps` are the ids of all applications that the batch has to do with, and of them `new` are
    not there yet.
    """

    def __init__(
        self,
        number: int,
        batch: TablesBatch,
        apps: Mapping[str, int],
        new: Collection[str],
        keys: Mapping[str, str | None],
    ) -> None:
        """`keys` are the texts of the stored keyrings, of those applications that the batch has keys of."""
        self._suffix = f"g{number}"
        self._batch = batch
        self._apps = apps
        self._new = new
        self._keys = keys

    def known_chats(self) -> Iterator[str]:
        """Statements that give (app, number) of those of the batch's chats that are there."""
        for some in _parts(list(self._batch.chats)):
            yield f"SELECT app, number FROM {self._table('chats')} WHERE {self._any_chat(some)}"

    def all(self, known_chats: Collection[tuple[int, int]]) -> Iterator[Write]:
        """All changes; `known_chats` is what `known_chats` gave."""
        batch = self._batch
        yield from self._put_applications()
        yield from self._change_keys()
        yield from self._put_chats()
        yield from self._count_chats(known_chats)
        yield from self._insert("messages", batch.posted)
        yield from self._keep_edited()
        yield from self._insert("history", batch.overwritten)
        yield from self._edit()
        yield from self._remove()
        yield from self._count_messages()
        yield from self._drop_chats()
        yield from self._drop_applications()

    def _put_applications(self) -> Iterator[Write]:
        rows: dict[bool, list[str]] = {True: [], False: []}
        for put in self._batch.applications.values():
            rows[put.token in self._new].append(
                f"({self._apps[put.token]}, {binary(put.token)}, {quoted(put.name)}, 0, {quoted(put.created_at)},"
                f" {quoted(put.updated_at)})"
            )
        insert = f"INSERT INTO {self._table('applications')} (id, token, name, chats_count, created_at, updated_at)"
        update = f"{_UPSERT} name = VALUES(name), updated_at = VALUES(updated_at)"
        # A new one whose id another has must not become that one.
        yield from map(Write, statements(f"{insert} VALUES", rows[True]))
        yield from map(Write, statements(f"{insert} VALUES", rows[False], update))

    def _change_keys(self) -> Iterator[Write]:
        for token, changes in self._batch.keys.items():
            keys = changed(self._keys.get(token), changes)
            yield Write(
                f"UPDATE {self._table('applications')} SET app_keys = {quoted(keys)} WHERE id = {self._apps[token]}"
            )

    def _put_chats(self) -> Iterator[Write]:
        rows = [
            f"({self._apps[put.token]}, {put.number}, {quoted(put.title)}, 0, '', {quoted(put.created_at)},"
            f" {quoted(put.updated_at)})"
            for put in self._batch.chats.values()
        ]
        update = f"{_UPSERT} title = VALUES(title), updated_at = VALUES(updated_at)"
        yield from map(Write, statements(f"INSERT INTO {self._table('chats')} VALUES", rows, update))

    def _count_chats(self, known: Collection[tuple[int, int]]) -> Iterator[Write]:
        deltas: Counter[str] = Counter()
        for token, number in self._batch.chats:
            deltas[token] += (self._apps[token], number) not in known
        deltas.subtract(token for token, _ in self._batch.dropped_chats)
        table = self._table("applications")
        for some in _parts([(token, delta) for token, delta in deltas.items() if delta]):
            rows = ",".join(
                f"({self._apps[token]}, {binary(token)}, '', {delta}, '', '')" for token, delta in some
            )
            yield Write(
                f"INSERT INTO {table} (id, token, name, chats_count, created_at, updated_at) VALUES {rows}"
                f" {_UPSERT} chats_count = chats_count + VALUES(chats_count)",
                2 * len(some),
                "an application",
            )

    def _insert(self, table: str, puts: Sequence[PutMessage], end: str = "") -> Iterator[Write]:
        begin = f"INSERT INTO {self._table(table)} VALUES"
        for rows in self._messages(puts):
            yield from map(Write, statements(begin, rows, end))

    def _keep_edited(self) -> Iterator[Write]:
        """What is overwritten becomes history."""
        for some in _parts(list(self._batch.edits_from.items())):
            stored = " OR ".join(f"({self._message(key)} AND version = {version})" for key, version in some)
            yield Write(
                f"INSERT INTO {self._table('history')} SELECT * FROM {self._table('messages')} WHERE {stored}",
                len(some),
                "a message",
            )

    def _edit(self) -> Iterator[Write]:
        update = f"{_UPSERT} version = VALUES(version), json = VALUES(json)"
        yield from self._insert("messages", list(self._batch.edited.values()), update)

    def _remove(self) -> Iterator[Write]:
        for some in _parts(self._batch.removed):
            those = " OR ".join(f"({self._message(key)})" for key in some)
            yield Write(f"DELETE FROM {self._table('messages')} WHERE {those}", len(some), "a message")
            yield Write(f"DELETE FROM {self._table('history')} WHERE {those}")

    def _count_messages(self) -> Iterator[Write]:
        batch, apps = self._batch, self._apps
        changed = [
            (key, delta, batch.newest.get(key, ""))
            for key, delta in batch.counts.items()
            if delta or key in batch.newest
        ]
        table = self._table("chats")
        for some in _parts(changed):
            rows = ",".join(
                f"({apps[token]},{chat},{delta},{quoted(at)},'','')" for (token, chat), delta, at in some
            )
            # A chat that is not there becomes a row that has no beginning.
            yield Write(
                f"INSERT INTO {table} (app, number, messages_count, last_message_at, created_at, updated_at)"
                f" VALUES {rows} {_UPSERT} messages_count = messages_count + VALUES(messages_count),"
                " last_message_at = IF(VALUES(last_message_at) = '', last_message_at, VALUES(last_message_at))",
                2 * len(some),
                "a chat",
                f"SELECT 1 FROM {table} WHERE ({self._any_chat([key for key, *_ in some])}) AND created_at = ''",
            )

    def _drop_chats(self) -> Iterator[Write]:
        for some in _parts(self._batch.dropped_chats):
            rows = ",".join(f"({self._apps[token]},{number})" for token, number in some)
            yield Write(f"INSERT INTO {self._table('dropped_chats')} VALUES {rows}")
            yield Write(
                f"DELETE FROM {self._table('chats')} WHERE {self._any_chat(some)}", len(some), "a chat"
            )

    def _drop_applications(self) -> Iterator[Write]:
        for some in _parts(self._batch.dropped_applications):
            ids = [str(self._apps[token]) for token in some]
            rows = ",".join(f"({app})" for app in ids)
            yield Write(f"INSERT INTO {self._table('dropped_applications')} VALUES {rows}")
            yield Write(
                f"DELETE FROM {self._table('applications')} WHERE id IN ({','.join(ids)})",
                len(some),
                "an application",
            )

    def _messages(self, puts: Sequence[PutMessage]) -> Iterator[list[str]]:
        """Rows by key: neighbours are inserted together, which takes the engine half the time or less."""
        apps = self._apps
        keyed = sorted([(apps[put.token], put.chat, put.number, put) for put in puts], key=_KEY)
        for some in _parts(keyed):
            documents = escaped_lines(message_lines([put for *_, put in some]).decode()).split("\n")
            documents.pop()
            yield [
                f"({app},{chat},{number},{put.version},'{document}')"
                for (app, chat, number, put), document in zip(some, documents, strict=True)
            ]

    def _any_chat(self, keys: Sequence[ChatKey]) -> str:
        return " OR ".join(f"(app = {self._apps[token]} AND number = {number})" for token, number in keys)

    def _message(self, key: MessageKey) -> str:
        token, chat, number = key
        return f"app = {self._apps[token]} AND chat = {chat} AND number = {number}"

    def _table(self, name: str) -> str:
        return f"{name}_{self._suffix}"


def _parts(things: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(things), _MOST_ROWS):
        yield things[start : start + _MOST_ROWS]
