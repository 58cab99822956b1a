"""The documents of the search index, each with an id and a version, so that writing one twice changes nothing."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from projections.readmodel.changes import Change, DropApplication, DropChat, DropMessage, PutMessage
from projections.readmodel.documents import message_json
from projections.readmodel.norm import norm
from projections.readmodel.store import Checkpoint

_MARK = "checkpoint"
_PLACE = ("token", "chat", "number", "owner", "position")
_LONGEST_REASON = 500

DROPPED, PURGED = 1, 2
"""The versions of the document that says that an owner is gone."""


class Document(NamedTuple):
    """`routing` decides on the shard; of two versions the higher stays. `source` None: to be deleted."""

    id: str
    routing: str
    version: int
    source: dict[str, Any] | None


def owner_of(token: str, chat: int) -> str:
    """The name of a chat; its messages are on one shard."""
    return f"{token}/{chat}"


def documents(changes: Sequence[Change]) -> Iterator[Document]:
    """What the changes come to: one document for each thing that changed, its last state.

    Each is made when it is asked for: the engine can work on the first ones meanwhile.
    """
    last: dict[str, PutMessage | DropMessage] = {}
    drops: dict[str, Document] = {}
    for change in changes:
        match change:
            case PutMessage() | DropMessage():
                last[f"{change.token}/{change.chat}/{change.number}"] = change
            case DropChat(token=token, number=chat):
                drop = dropped(owner_of(token, chat), token, chat)
                drops[drop.id] = drop
            case DropApplication(token=token):
                drop = dropped(token, token, None)
                drops[drop.id] = drop
            case _:
                """Names and titles are not searched."""
    for identity, change in last.items():
        yield _message(identity, change)
    yield from drops.values()


def parked(document: Document, reason: str) -> Document:
    """What takes the place of a message that the engine refuses: it can't be found, and is not forgotten."""
    kept = {name: value for name, value in (document.source or {}).items() if name in _PLACE}
    return document._replace(source={**kept, "parked": reason[:_LONGEST_REASON]})


def dropped(owner: str, token: str, chat: int | None, *, purged: bool = False) -> Document:
    """The word that a chat, or an application (`chat` None), is gone: all below it is hidden, for good."""
    below = {} if chat is None else {"chat": chat}
    source = {"dropped": owner, "token": token, **below, "purged": purged}
    return Document(f"dropped/{owner}", owner, PURGED if purged else DROPPED, source)


def mark(checkpoint: Checkpoint) -> Document:
    """How far the index has followed: written after everything up to there."""
    text = f"{checkpoint.position} {checkpoint.event_id.hex()} {checkpoint.log_id}"
    return Document(_MARK, _MARK, checkpoint.position, {"mark": text})


def checkpoint_of(source: dict[str, Any]) -> Checkpoint:
    """The checkpoint in a mark."""
    position, event_id, log_id = source["mark"].split(" ", 2)
    return Checkpoint(log_id, int(position), bytes.fromhex(event_id))


def mark_address() -> tuple[str, str]:
    """The id and the routing of the mark."""
    return _MARK, _MARK


def _message(identity: str, change: PutMessage | DropMessage) -> Document:
    owner = owner_of(change.token, change.chat)
    source: dict[str, Any] = {
        "token": change.token,
        "chat": change.chat,
        "number": change.number,
        "owner": owner,
        "position": change.position,
    }
    # Without a text it is a tombstone. A deleted document's version is forgotten after a minute, and a bulk
    # that was held up somewhere would bring the message back.
    if isinstance(change, PutMessage):
        source["text"] = norm(change.body)
        source["json"] = message_json(change).decode()
    return Document(identity, owner, change.position, source)


_encode_lines = msgspec.json.Encoder().encode_lines


def lines_of(document: Document) -> bytes:
    """The document as lines of a bulk request."""
    address = {"_id": document.id, "routing": document.routing}
    if document.source is None:
        return _encode_lines([{"delete": address}])
    action = {"index": {**address, "version": document.version, "version_type": "external"}}
    return _encode_lines([action, document.source])
