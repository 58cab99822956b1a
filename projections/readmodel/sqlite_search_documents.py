"""The texts, documents and trigrams of messages, in the transaction that is open on the connection."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from engines.sqlite_rows import insert_rows
from projections.readmodel.changes import PutMessage
from projections.readmodel.documents import message_json
from projections.readmodel.errors import Misfit
from projections.readmodel.norm import norm

_FORGET_TRIGRAMS = "INSERT INTO trigrams (trigrams, rowid, norm) VALUES ('delete', ?, ?)"
_PORTION = 128 << 10


class MessageChange(NamedTuple):
    """What becomes of a message in a batch: `put` is what it is after it (None: gone)."""

    put: PutMessage | None
    is_new: bool


def write(db: sqlite3.Connection, changes: Mapping[int, MessageChange]) -> None:
    """Make the changes, by the id of the text."""
    new: list[tuple[int, PutMessage]] = []
    # In the order of ids: the trigram index writes a segment to disk whenever an id is smaller than the last.
    for identity, (put, is_new) in sorted(changes.items()):
        if is_new and put is not None:
            new.append((identity, put))
        elif not is_new:
            _forget(db, identity, is_edit=put is not None)
            if put is not None:
                new.append((identity, put))
    _add(db, new)


def purge(db: sqlite3.Connection, limit: int) -> int:
    """Make at most `limit` steps; how many were made: 0 if nothing is left.

    The texts, the chats and the applications count alike: an owner without texts takes its time, too.
    """
    done = 0
    while done < limit and (some := _purge_chat(db, limit - done) or _drop_chats(db, limit - done)):
        done += some
    return done


def _purge_chat(db: sqlite3.Connection, limit: int) -> int:
    """Texts of a dropped chat; its mark once they are gone."""
    chat = db.execute("SELECT chat FROM dropped_chats LIMIT 1").fetchone()
    if chat is None:
        return 0
    first = chat[0] << 32
    texts = db.execute(
        "SELECT id, document, norm FROM texts WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?",
        (first, first | 0xFFFFFFFF, limit),
    ).fetchall()
    _remove(db, texts)
    if len(texts) == limit:
        return limit
    return len(texts) + db.execute("DELETE FROM dropped_chats WHERE chat = ?", chat).rowcount


def _drop_chats(db: sqlite3.Connection, limit: int) -> int:
    """Chats of a dropped application become dropped ones; its mark goes once there are none."""
    token = db.execute("SELECT token FROM dropped_applications LIMIT 1").fetchone()
    if token is None:
        return 0
    chats = db.execute("SELECT id FROM chats WHERE token = ? LIMIT ?", (*token, limit)).fetchall()
    if not chats:
        return db.execute("DELETE FROM dropped_applications WHERE token = ?", token).rowcount
    db.executemany("INSERT INTO dropped_chats VALUES (?)", chats)
    db.executemany("DELETE FROM chats WHERE id = ?", chats)
    return len(chats)


def _add(db: sqlite3.Connection, new: Sequence[tuple[int, PutMessage]]) -> None:
    after = db.execute("SELECT coalesce(max(id), 0) FROM documents").fetchone()[0] + 1
    for portion in _portions(new):
        _add_portion(db, portion, after)
        after += len(portion)


def _portions(new: Sequence[tuple[int, PutMessage]]) -> Iterator[Sequence[tuple[int, PutMessage]]]:
    """`new` cut behind every _PORTION characters: `norm` and the driver make a hundred bytes of some of them."""
    start, characters = 0, 0
    for end, (_, put) in enumerate(new, 1):
        characters += len(put.body)
        if characters >= _PORTION or end == len(new):
            yield new[start:end]
            start, characters = end, 0


def _add_portion(db: sqlite3.Connection, new: Sequence[tuple[int, PutMessage]], after: int) -> None:
    texts = [(identity, norm(put.body)) for identity, put in new]
    insert_rows(
        db,
        "INSERT INTO documents (id, json) VALUES",
        [(document, message_json(put)) for document, (_, put) in enumerate(new, after)],
    )
    insert_rows(
        db,
        "INSERT INTO texts (id, document, norm) VALUES",
        [(identity, document, text) for document, (identity, text) in enumerate(texts, after)],
    )
    insert_rows(db, "INSERT INTO trigrams (rowid, norm) VALUES", texts)


def _forget(db: sqlite3.Connection, identity: int, *, is_edit: bool) -> None:
    row = db.execute("SELECT id, document, norm FROM texts WHERE id = ?", (identity,)).fetchone()
    if row is not None:
        _remove(db, [row])
    elif is_edit:
        raise Misfit(f"a new version of a message that is not there: number {identity & 0xFFFFFFFF}")


def _remove(db: sqlite3.Connection, rows: Sequence[tuple[int, int, str]]) -> None:
    db.executemany(_FORGET_TRIGRAMS, [(identity, text) for identity, _, text in rows])
    db.executemany("DELETE FROM texts WHERE id = ?", [row[:1] for row in rows])
    db.executemany("DELETE FROM documents WHERE id = ?", [row[1:2] for row in rows])
