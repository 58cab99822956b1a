"""The JSON objects that readers get, with exactly the fields of the wire contract and in its order."""

from collections.abc import Callable, Iterable, Sequence

import msgspec
from msgspec import Struct

from projections.readmodel.changes import PutMessage

_encode: Callable[[Struct], bytes] = msgspec.json.Encoder().encode
_encode_lines: Callable[[Sequence[Struct]], bytes] = msgspec.json.Encoder().encode_lines


class _Application(Struct, gc=False):
    token: str
    name: str
    chats_count: int
    created_at: str
    updated_at: str


class _Key(Struct, gc=False):
    id: str
    scope: str
    created_at: str


class _Chat(Struct, gc=False):
    number: int
    title: str | None
    messages_count: int
    last_message_at: str | None
    created_at: str
    updated_at: str


class _Message(Struct, gc=False):
    number: int
    body: str
    sender: str | None
    version: int
    created_at: str
    updated_at: str


class _Version(Struct, gc=False):
    version: int
    body: str
    at: str


class _Body(Struct, gc=False):
    body: str


_NUMBER_AT = len(b'{"number":')

_decode_message = msgspec.json.Decoder(_Message).decode
_decode_body = msgspec.json.Decoder(_Body).decode


def application_json(token: str, name: str, chats_count: int, created_at: str, updated_at: str) -> bytes:
    """An application as readers get it."""
    return _encode(_Application(token, name, chats_count, created_at, updated_at))


def key_json(id: str, scope: str, created_at: str) -> bytes:
    """A key as readers get it: nothing that could be one."""
    return _encode(_Key(id, scope, created_at))


def chat_json(
    number: int,
    title: str | None,
    messages_count: int,
    last_message_at: str,
    created_at: str,
    updated_at: str,
) -> bytes:
    """A chat as readers get it; `last_message_at` "" (no message yet) becomes null."""
    return _encode(_Chat(number, title, messages_count, last_message_at or None, created_at, updated_at))


def message_json(message: PutMessage) -> bytes:
    """A message as readers get it."""
    return _encode(
        _Message(
            message.number,
            message.body,
            message.sender,
            message.version,
            message.created_at,
            message.updated_at,
        )
    )


def message_lines(messages: Iterable[PutMessage]) -> bytes:
    """Messages as readers get them, one in each line, which ends with a newline."""
    return _encode_lines(
        [_Message(m.number, m.body, m.sender, m.version, m.created_at, m.updated_at) for m in messages]
    )


def version_json(message: bytes) -> bytes:
    """One version of a message's history, from that version's `message_json`."""
    was = _decode_message(message)
    return _encode(_Version(was.version, was.body, was.updated_at))


def number_of(message: bytes) -> int:
    """The number in a `message_json`, with which it begins: a page of them is not to be decoded for that."""
    return int(message[_NUMBER_AT : message.index(b",")])


def body_of(message: bytes) -> str:
    """The body in a `message_json`."""
    return _decode_body(message).body
