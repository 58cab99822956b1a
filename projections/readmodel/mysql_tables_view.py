"""The read tables in a MySQL database: reading them, one statement for each question."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from engines.mysql_text import binary, quoted
from projections.readmodel.documents import application_json, chat_json, number_of, version_json
from projections.readmodel.key_rows import key_rows
from projections.readmodel.keyring import Admit, anybody, keyring
from projections.readmodel.views import KeyRow, MessageRow, Page, RecentKey, RecentRow, Row

_APPLICATION = ("a.name", "a.chats_count", "a.created_at", "a.updated_at")
_CHAT = ("c.title", "c.number", "c.messages_count", "c.last_message_at", "c.created_at", "c.updated_at")
_KEYS = "a.app_keys"
_FAR = 2**63 - 1

Columns = Sequence[Any]


class Asking(Protocol):
    """Asks the live generation, in one statement; `#` in it stands for the generation's number.

    `joins` are on the left to what says which one is live, so whatever is not there is NULL.
    """

    @property
    def position(self) -> int:
        """The log position that the answers include, and nothing after it."""

    def one(self, columns: Sequence[str], joins: str) -> Columns:
        """The columns of the one row that `joins` give; text as text."""

    def many(
        self, head: Sequence[str], joins: str, columns: Sequence[str], rows: str
    ) -> tuple[list[bytes], Sequence[Columns]]:
        """Of what `joins` give, the columns of `head` as text, without those that are NULL; and all rows of
        `SELECT columns FROM rows`, the first column as bytes, numbers as whatever `int` takes.

        At most three in `head`, and no space in the first two.
        """


class MySQLTablesView:
    """Implements `views.TablesView`.

    The pages are selects of their own within their statement: joined to their owners, they would be read from the
    owner's first row on, and sorted. Their index is named: for few rows a server takes another, and sorts those.
    """

    def __init__(self, asking: Asking, admit: Admit = anybody) -> None:
        self._asking = asking
        self._admit = admit

    @property
    def position(self) -> int:
        return self._asking.position

    def guarded(self, admit: Admit) -> "MySQLTablesView":
        return MySQLTablesView(self._asking, admit)

    def application(self, token: str) -> bytes | None:
        name, *rest = self._one(_APPLICATION, _join_application(token))
        return None if name is None else application_json(token, name, *rest)

    def applications(self, after: int, limit: int) -> list[Row]:
        _, rows = self._asking.many(
            (),
            "",
            ("a.token", "a.id", *_APPLICATION),
            f"applications_g# a FORCE INDEX (PRIMARY) WHERE a.id > {after} ORDER BY a.id LIMIT {limit}",
        )
        return sorted(
            (int(app), application_json(token.decode(), name, int(chats), *times))
            for token, app, name, chats, *times in rows
        )

    def keys(self, token: str, after: tuple[str, str] | None, limit: int) -> list[KeyRow] | None:
        found, text = self._one(("a.id", _KEYS), _join_application(token))
        return None if found is None else key_rows(text, after, limit)

    def chat(self, token: str, number: int) -> bytes | None:
        title, found, *rest = self._one(_CHAT, _join_chat(token, number))
        return None if found is None else chat_json(found, title, *rest)

    def chats(self, token: str, page: Page) -> list[Row] | None:
        owner, rows = self._many(
            ("a.id",),
            _join_application(token),
            _CHAT,
            f"chats_g# c FORCE INDEX (PRIMARY) WHERE c.app = {_application(token)} AND {_inside('c.number', page)}",
        )
        if not owner:
            return None
        return _in_order(((int(row[1]), _chat(row)) for row in rows), page)

    def recent_chats(self, token: str, after: RecentKey | None, limit: int) -> list[RecentRow] | None:
        behind = ""
        if after is not None:
            at = quoted(after.last_message_at)
            behind = (
                f" AND (c.last_message_at < {at} OR (c.last_message_at = {at} AND c.number > {after.number}))"
            )
        owner, rows = self._many(
            ("a.id",),
            _join_application(token),
            _CHAT,
            f"chats_g# c FORCE INDEX (by_recency) WHERE c.app = {_application(token)}{behind}"
            f" ORDER BY c.last_message_at DESC, c.number LIMIT {limit}",
        )
        if not owner:
            return None
        return [RecentRow(RecentKey(row[3], int(row[1])), _chat(row)) for row in rows]

    def message(self, token: str, chat: int, number: int) -> MessageRow | None:
        version, json = self._one(("m.version", "m.json"), _join_message(token, chat, number))
        return None if version is None else MessageRow(version, json)

    def messages(self, token: str, chat: int, page: Page) -> list[Row] | None:
        owner, rows = self._many(
            ("c.number",),
            _join_chat(token, chat),
            ("m.json",),
            f"messages_g# m FORCE INDEX (PRIMARY) WHERE m.app = {_application(token)} AND m.chat = {chat}"
            f" AND {_inside('m.number', page)}",
        )
        if not owner:
            return None
        return _in_order([(number_of(json), json) for (json,) in rows], page)

    def history(self, token: str, chat: int, number: int, page: Page) -> list[Row] | None:
        latest, rows = self._many(
            ("m.version", "m.json"),
            _join_message(token, chat, number),
            ("h.json", "h.version"),
            f"history_g# h FORCE INDEX (PRIMARY) WHERE h.app = {_application(token)} AND h.chat = {chat}"
            f" AND h.number = {number} AND {_inside('h.version', page)}",
        )
        if not latest:
            return None
        versions = _in_order(((int(version), json) for json, version in rows), page)
        version = int(latest[0])
        if len(versions) < page.limit and page.after < version < _before(page):
            versions.append((version, latest[1]))
        return [(version, version_json(json)) for version, json in versions]

    def _one(self, columns: Sequence[str], joins: str) -> Columns:
        """The one row of what an application has, whose keyring comes with it."""
        keys, *found = self._asking.one((_KEYS, *columns), joins)
        self._ask(keys)
        return found

    def _many(
        self, head: Sequence[str], joins: str, columns: Sequence[str], rows: str
    ) -> tuple[list[bytes], Sequence[Columns]]:
        """The same, and all rows."""
        # What is NULL is left out of the head, so an application without a keyring has an empty one there.
        (keys, *found), rows_found = self._asking.many(
            (f"COALESCE({_KEYS}, '')", *head), joins, columns, rows
        )
        self._ask(keys or None)
        return found, rows_found

    def _ask(self, keys: str | bytes | None) -> None:
        if keys is not None:
            self._admit(keyring(keys), self._asking.position)


def _join_application(token: str) -> str:
    return f" LEFT JOIN applications_g# a ON a.token = {binary(token)}"


def _join_chat(token: str, number: int) -> str:
    return f"{_join_application(token)} LEFT JOIN chats_g# c ON c.app = a.id AND c.number = {number}"


def _join_message(token: str, chat: int, number: int) -> str:
    return (
        f"{_join_chat(token, chat)}"
        f" LEFT JOIN messages_g# m ON m.app = c.app AND m.chat = c.number AND m.number = {number}"
    )


def _application(token: str) -> str:
    return f"(SELECT id FROM applications_g# WHERE token = {binary(token)})"


def _inside(number: str, page: Page) -> str:
    return (
        f"{number} > {page.after} AND {number} < {_before(page)}"
        f" ORDER BY {number} {'DESC' if page.descending else 'ASC'} LIMIT {page.limit}"
    )


def _before(page: Page) -> int:
    return _FAR if page.before is None else page.before


def _chat(row: Columns) -> bytes:
    title, number, messages, *times = row
    return chat_json(int(number), None if title is None else title.decode(), int(messages), *times)


def _in_order(rows: Iterable[Row], page: Page) -> list[Row]:
    """A select within a statement promises which rows, not their order; they come in it all the same."""
    return sorted(rows, reverse=page.descending)
