"""The intents: what a client asks for, checked for form but not yet against what is there."""

from msgspec import Struct


class Intent(Struct, frozen=True, kw_only=True):
    """`token` is the application's."""

    token: str


class CreateApplication(Intent, frozen=True, kw_only=True):
    name: str


class RenameApplication(Intent, frozen=True, kw_only=True):
    name: str


class DeleteApplication(Intent, frozen=True, kw_only=True):
    pass


class CreateChat(Intent, frozen=True, kw_only=True):
    title: str | None = None


class RetitleChat(Intent, frozen=True, kw_only=True):
    number: int
    title: str | None


class DeleteChat(Intent, frozen=True, kw_only=True):
    number: int


class PostMessage(Intent, frozen=True, kw_only=True):
    chat: int
    body: str
    sender: str | None = None


class NewMessage(Struct, frozen=True):
    """One of a batch."""

    body: str
    sender: str | None = None


class PostMessages(Intent, frozen=True, kw_only=True):
    """All or none of them, one after the other."""

    chat: int
    messages: tuple[NewMessage, ...]


class EditMessage(Intent, frozen=True, kw_only=True):
    """`versions`: act only if the message is at one of these; None: at any."""

    chat: int
    number: int
    body: str
    versions: frozenset[int] | None = None


class DeleteMessage(Intent, frozen=True, kw_only=True):
    """`versions`: act only if the message is at one of these; None: at any."""

    chat: int
    number: int
    versions: frozenset[int] | None = None
