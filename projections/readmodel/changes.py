"""The changes that read models understand; they know no facts, projectors translate."""

from msgspec import Struct


class PutApplication(Struct, frozen=True, gc=False):
    """The application as it is now; its counter is left alone."""

    token: str
    name: str
    created_at: str
    updated_at: str


class DropApplication(Struct, frozen=True, gc=False):
    """The application is gone, and everything below it with it."""

    token: str


class PutChat(Struct, frozen=True, gc=False):
    """The chat as it is now; a new one counts for its application."""

    token: str
    number: int
    title: str | None
    created_at: str
    updated_at: str


class DropChat(Struct, frozen=True, gc=False):
    """The chat is gone, and everything below it with it."""

    token: str
    number: int


class PutMessage(Struct, frozen=True, gc=False):
    """The message as it is now; version 1 is a new one and counts for its chat, a higher one an edit.

    `position` is that of the fact behind it.
    """

    token: str
    chat: int
    number: int
    version: int
    body: str
    sender: str | None
    created_at: str
    updated_at: str
    position: int


class DropMessage(Struct, frozen=True, gc=False):
    """The message is gone; `position` is that of the fact behind it."""

    token: str
    chat: int
    number: int
    position: int


class PutKey(Struct, frozen=True, gc=False):
    """A key of the application; `hash` has 32 bytes. From its first on, it has a keyring."""

    token: str
    id: str
    scope: str
    hash: bytes
    created_at: str


class DropKey(Struct, frozen=True, gc=False):
    """The key works no more; its application keeps a keyring, be it an empty one."""

    token: str
    id: str


Change = PutApplication | DropApplication | PutKey | DropKey | PutChat | DropChat | PutMessage | DropMessage
