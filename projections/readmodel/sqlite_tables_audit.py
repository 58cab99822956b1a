"""Looks at whole read tables: counts again, lists every row."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import chain

from projections.readmodel.documents import application_json, chat_json
from projections.readmodel.recount import Look, gathered
from projections.readmodel.store import Drift, Pause

_MOST_APPLICATIONS = 200

Transaction = Callable[[], AbstractContextManager[None]]


def drifts(db: sqlite3.Connection, transaction: Transaction, repair: bool, pause: Pause) -> list[Drift]:
    """Counters that are not what counting gives, put right if `repair`; a short transaction for each few.

    Those found so far, if `pause` says to stop.
    """
    return gathered(
        chain(_application_drifts(db, transaction, repair), _chat_drifts(db, transaction, repair)), pause
    )


def _application_drifts(db: sqlite3.Connection, transaction: Transaction, repair: bool) -> Iterator[Look]:
    after = 0
    while True:
        with transaction():
            some = db.execute(
                "SELECT a.id, a.token, a.chats_count, (SELECT count(*) FROM chats c WHERE c.app = a.id)"
                " FROM applications a WHERE a.id > ? ORDER BY a.id LIMIT ?",
                (after, _MOST_APPLICATIONS),
            ).fetchall()
            wrong = [row for row in some if row[2] != row[3]]
            if repair:
                db.executemany(
                    "UPDATE applications SET chats_count = ? WHERE id = ?",
                    [(row[3], row[0]) for row in wrong],
                )
        if not some:
            return
        after = some[-1][0]
        rows = len(some) + sum(counted for *_, counted in some)
        yield (
            rows,
            [Drift(f"application {token} chats_count", kept, counted) for _, token, kept, counted in wrong],
        )


def _chat_drifts(db: sqlite3.Connection, transaction: Transaction, repair: bool) -> Iterator[Look]:
    after = 0
    while True:
        # One chat at a time: counting a long one takes a while, and the follower waits meanwhile.
        with transaction():
            row = db.execute(
                "SELECT c.id, a.token || '/' || c.number, c.messages_count,"
                " (SELECT count(*) FROM messages m WHERE m.chat = c.id)"
                " FROM chats c JOIN applications a ON a.id = c.app WHERE c.id > ? ORDER BY c.id LIMIT 1",
                (after,),
            ).fetchone()
            if row is None:
                return
            after, name, kept, counted = row
            if repair and kept != counted:
                db.execute("UPDATE chats SET messages_count = ? WHERE id = ?", (counted, after))
        wrong = kept != counted
        yield 1 + counted, [Drift(f"chat {name} messages_count", kept, counted)] if wrong else []


def every_row(db: sqlite3.Connection) -> Iterator[tuple[str, bytes]]:
    """Everything that a reader could see, ordered by key; the caller holds the snapshot.

    A key's parts are parted by spaces: they sort before whatever a token is made of.
    """
    # CROSS JOIN keeps the order of the loops, and with it that of the rows: nothing is sorted.
    for identity, keys, *row in db.execute(
        "SELECT id, app_keys, token, name, chats_count, created_at, updated_at FROM applications ORDER BY token"
    ):
        # The id is the place in the list of applications.
        yield f"application {row[0]}", b"%d " % identity + application_json(*row) + (keys or "").encode()
    for token, *row in db.execute(
        "SELECT a.token, c.number, c.title, c.messages_count, c.last_message_at, c.created_at, c.updated_at"
        " FROM applications a CROSS JOIN chats c ON c.app = a.id ORDER BY a.token, c.number"
    ):
        yield f"chat {token} {row[0]:018d}", chat_json(*row)
    for table in ("history", "message"):
        for token, chat, number, version, json in db.execute(
            "SELECT a.token, c.number, m.number, m.version, m.json FROM applications a"
            " CROSS JOIN chats c ON c.app = a.id"
            f" CROSS JOIN {'messages' if table == 'message' else table} m ON m.chat = c.id"
            " ORDER BY a.token, c.number, m.number, m.version"
        ):
            yield f"{table} {token} {chat:018d} {number:018d} {version:018d}", json
