"""The facts: what happened, in the past tense, under names that never change."""

from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

from eventstore import streams


class Touch(NamedTuple):
    """What a fact does to a stream row: the change of its `live` count, and whether it is closed."""

    stream: str
    live: int = 0
    closes: bool = False


class Fact(Struct, frozen=True, kw_only=True, gc=False):
    """A fact carries its whole story: a read row needs no other fact of the same thing.

    `token` is the application's, `at` the time of the fact (RFC 3339, UTC, microseconds, `Z`).
    """

    token: str
    at: str

    @property
    def stream(self) -> str:
        """The stream that the fact belongs to."""
        return streams.application(self.token)

    @property
    def numbered(self) -> int | None:
        """The version that the fact must have in its stream, where the fact itself says so."""
        return None

    def touches(self) -> Iterator[Touch]:
        """The stream rows that change together with the fact, its own stream first."""
        yield Touch(self.stream)


class ApplicationCreated(Fact, frozen=True, kw_only=True):
    name: str

    @property
    def numbered(self) -> int:
        return 1

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.stream)
        yield Touch(streams.chats(self.token))


class ApplicationRenamed(Fact, frozen=True, kw_only=True):
    name: str
    created_at: str


class ApplicationDeleted(Fact, frozen=True, kw_only=True):
    def touches(self) -> Iterator[Touch]:
        yield Touch(self.stream, closes=True)


class ChatCreated(Fact, frozen=True, kw_only=True):
    number: int
    title: str | None

    @property
    def stream(self) -> str:
        return streams.chats(self.token)

    @property
    def numbered(self) -> int:
        return self.number

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.stream, live=1)
        yield Touch(streams.chat(self.token, self.number))
        yield Touch(streams.messages(self.token, self.number))


class ChatRetitled(Fact, frozen=True, kw_only=True):
    number: int
    title: str | None
    created_at: str

    @property
    def stream(self) -> str:
        return streams.chat(self.token, self.number)


class ChatDeleted(Fact, frozen=True, kw_only=True):
    number: int

    @property
    def stream(self) -> str:
        return streams.chat(self.token, self.number)

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.stream, closes=True)
        yield Touch(streams.messages(self.token, self.number), closes=True)
        yield Touch(streams.chats(self.token), live=-1)


class MessageCreated(Fact, frozen=True, kw_only=True):
    chat: int
    number: int
    body: str
    sender: str | None

    @property
    def stream(self) -> str:
        return streams.messages(self.token, self.chat)

    @property
    def numbered(self) -> int:
        return self.number

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.stream, live=1)


class MessageEdited(Fact, frozen=True, kw_only=True):
    """`version` is the message's: 2 after the first edit."""

    chat: int
    number: int
    version: int
    body: str
    sender: str | None
    created_at: str

    @property
    def stream(self) -> str:
        return streams.message(self.token, self.chat, self.number)

    @property
    def numbered(self) -> int:
        return self.version - 1


class MessageDeleted(Fact, frozen=True, kw_only=True):
    chat: int
    number: int

    @property
    def stream(self) -> str:
        return streams.message(self.token, self.chat, self.number)

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.stream, closes=True)
        yield Touch(streams.messages(self.token, self.chat), live=-1)


class KeyAdded(Fact, frozen=True, kw_only=True):
    """`id` is 16 hexadecimal digits, `scope` is read or write, `hash` 32 bytes in hexadecimal."""

    id: str
    scope: str
    hash: str

    @property
    def stream(self) -> str:
        return streams.keys(self.token)

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.stream, live=1)


class KeyRevoked(Fact, frozen=True, kw_only=True):
    id: str

    @property
    def stream(self) -> str:
        return streams.keys(self.token)

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.stream, live=-1)


FACTS: tuple[type[Fact], ...] = (
    ApplicationCreated,
    ApplicationRenamed,
    ApplicationDeleted,
    ChatCreated,
    ChatRetitled,
    ChatDeleted,
    MessageCreated,
    MessageEdited,
    MessageDeleted,
    KeyAdded,
    KeyRevoked,
)
