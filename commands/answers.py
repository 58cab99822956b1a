"""The bodies of command answers: the same fields in the same order as the read side gives."""

from msgspec import Struct
from msgspec.json import Encoder

encode = Encoder().encode


class ApplicationAnswer(Struct, frozen=True):
    token: str
    name: str
    chats_count: int
    created_at: str
    updated_at: str


class ChatAnswer(Struct, frozen=True):
    number: int
    title: str | None
    messages_count: int
    last_message_at: str | None
    created_at: str
    updated_at: str


class BatchAnswer(Struct, frozen=True):
    """The numbers that a batch of messages got."""

    first: int
    last: int
    count: int


class KeyAnswer(Struct, frozen=True):
    """A key that was just made: this answer alone has its text."""

    id: str
    scope: str
    key: str
    created_at: str


class Numbered(Struct, frozen=True):
    """What a Location needs of the answer that created a chat or a message."""

    number: int


class Tokened(Struct, frozen=True):
    """What a Location needs of the answer that created an application."""

    token: str


class Versioned(Struct, frozen=True):
    """What an ETag needs of a message's answer."""

    version: int
