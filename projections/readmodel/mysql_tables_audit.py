"""Looks at whole read tables: counts again, lists every row."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from projections.readmodel import recount
from projections.readmodel.documents import application_json, chat_json
from projections.readmodel.mysql_checkpoints import MySQLCheckpoints
from projections.readmodel.mysql_session import MySQLSession
from projections.readmodel.recount import Look
from projections.readmodel.store import Drift, Pause

_MOST_OWNERS = 200
_MOST_ROWS = 500
"""Rows of one answer: those of messages may have tens of kilobytes."""

Row = tuple[Any, ...]


def drifts(
    session: MySQLSession, generation: int, repairing: MySQLCheckpoints | None, pause: Pause
) -> list[Drift]:
    """Counters that are not what counting gives, put right in short transactions if `repairing` is given.

    One statement counts and reads the counter in the same snapshot, so a drift needs no lock to be found. Those
    found so far, if `pause` says to stop.
    """
    looks = chain(
        _application_drifts(session, generation, repairing), _chat_drifts(session, generation, repairing)
    )
    return recount.gathered(looks, pause)


def _application_drifts(session: MySQLSession, g: int, repairing: MySQLCheckpoints | None) -> Iterator[Look]:
    counted = f"(SELECT COUNT(*) FROM chats_g{g} c WHERE c.app = a.id)"
    after = 0
    while some := session.rows(
        f"SELECT a.id, a.token, a.chats_count, {counted} FROM applications_g{g} a WHERE a.id > {after}"
        f" ORDER BY a.id LIMIT {_most_owners()}"
    ):
        after = some[-1][0]
        wrong = [row for row in some if row[2] != row[3]]
        for identity, *_ in wrong:
            _repair(
                repairing,
                f"UPDATE applications_g{g} a SET chats_count = {counted} WHERE a.id = {identity}",
            )
        yield (
            len(some) + sum(row[3] for row in some),
            [Drift(f"application {row[1].decode()} chats_count", row[2], row[3]) for row in wrong],
        )


def _chat_drifts(session: MySQLSession, g: int, repairing: MySQLCheckpoints | None) -> Iterator[Look]:
    counted = f"(SELECT COUNT(*) FROM messages_g{g} m WHERE m.app = c.app AND m.chat = c.number)"
    app, number = 0, 0
    while some := session.rows(
        f"SELECT c.app, c.number, a.token, c.messages_count, {counted}"
        f" FROM chats_g{g} c FORCE INDEX (PRIMARY) STRAIGHT_JOIN applications_g{g} a ON a.id = c.app"
        f" WHERE c.app > {app} OR (c.app = {app} AND c.number > {number})"
        f" ORDER BY c.app, c.number LIMIT {_most_owners()}"
    ):
        app, number, *_ = some[-1]
        wrong = [row for row in some if row[3] != row[4]]
        for owner, chat, *_ in wrong:
            _repair(
                repairing,
                f"UPDATE chats_g{g} c SET messages_count = {counted} WHERE c.app = {owner} AND c.number = {chat}",
            )
        yield (
            len(some) + sum(row[4] for row in some),
            [Drift(f"chat {row[2].decode()}/{row[1]} messages_count", row[3], row[4]) for row in wrong],
        )


def _most_owners() -> int:
    return min(_MOST_OWNERS, recount.MOST_ROWS)


def _repair(repairing: MySQLCheckpoints | None, statement: str) -> None:
    """Count once more, while nobody else changes anything."""
    if repairing is None:
        return
    with repairing.locked(None):
        repairing.session.change(statement)
        repairing.commit()


def every_row(session: MySQLSession, g: int) -> Iterator[tuple[str, bytes]]:
    """Everything that a reader could see, ordered by key; the caller has the snapshot open.

    A key's parts are parted by spaces: they sort before whatever a token is made of.
    """
    for app, token, (keys, *fields) in _applications(session, g):
        # The id is the place in the list of applications.
        yield f"application {token}", b"%d " % app + application_json(token, *fields) + (keys or "").encode()
    for app, token, _ in _applications(session, g):
        for row in _chats(session, g, app):
            yield f"chat {token} {row[0]:018d}", chat_json(*row)
    for kind, pages in (("history", _history), ("message", _messages)):
        for app, token, _ in _applications(session, g):
            for chat, number, version, json in pages(session, g, app):
                yield f"{kind} {token} {chat:018d} {number:018d} {version:018d}", json


def _applications(session: MySQLSession, g: int) -> Iterator[tuple[int, str, Row]]:
    token = b""
    while some := session.rows(
        f"SELECT id, token, app_keys, name, chats_count, created_at, updated_at FROM applications_g{g}"
        f" WHERE token > x'{token.hex()}' ORDER BY token LIMIT {_MOST_ROWS}"
    ):
        for app, token, *row in some:
            yield app, token.decode(), tuple(row)


def _chats(session: MySQLSession, g: int, app: int) -> Iterator[Row]:
    number = 0
    while some := session.rows(
        "SELECT number, title, messages_count, last_message_at, created_at, updated_at"
        f" FROM chats_g{g} WHERE app = {app} AND number > {number} ORDER BY number LIMIT {_MOST_ROWS}"
    ):
        yield from some
        if len(some) < _MOST_ROWS:
            return
        number = some[-1][0]


def _history(session: MySQLSession, g: int, app: int) -> Iterator[Row]:
    """(chat, number, version, json) of an application's overwritten messages, if their chat is there."""
    chat, number, version = 0, 0, 0
    while some := session.rows(
        f"{_below('history', g, app)} AND (m.chat > {chat} OR (m.chat = {chat} AND (m.number > {number}"
        f" OR (m.number = {number} AND m.version > {version}))))"
        f" ORDER BY m.chat, m.number, m.version LIMIT {_MOST_ROWS}"
    ):
        yield from some
        if len(some) < _MOST_ROWS:
            return
        chat, number, version, _ = some[-1]


def _messages(session: MySQLSession, g: int, app: int) -> Iterator[Row]:
    """The same of its messages."""
    chat, number = 0, 0
    while some := session.rows(
        f"{_below('messages', g, app)} AND (m.chat > {chat} OR (m.chat = {chat} AND m.number > {number}))"
        f" ORDER BY m.chat, m.number LIMIT {_MOST_ROWS}"
    ):
        yield from some
        if len(some) < _MOST_ROWS:
            return
        chat, number, *_ = some[-1]


def _below(table: str, g: int, app: int) -> str:
    # In the order of the table's own key, which is that of the pages: nothing is sorted.
    return (
        f"SELECT m.chat, m.number, m.version, m.json FROM {table}_g{g} m FORCE INDEX (PRIMARY)"
        f" STRAIGHT_JOIN chats_g{g} c ON c.app = m.app AND c.number = m.chat WHERE m.app = {app}"
    )
