"""The intents: what a client asks for, checked for form but not yet against what is there."""

from msgspec import Struct


class Condition(Struct, frozen=True):
    """On the version of a thing that is there; None is that of a thing without versions.

    `among`: it must be one of these; None: whatever it is. `outside`: it must be none of these. `absent`: the thing
    must not be there at all.
    """

    among: frozenset[int] | None = None
    outside: frozenset[int] = frozenset()
    absent: bool = False

    def holds(self, version: int | None) -> bool:
        """Whether a thing of that version is as it must be."""
        if self.absent or (self.among is not None and version not in self.among):
            return False
        return version not in self.outside


WHATEVER = Condition()


class Intent(Struct, frozen=True, kw_only=True):
    """`token` is the application's; `condition` is on what is changed or posted to."""

    token: str
    condition: Condition = WHATEVER


class CreateApplication(Intent, frozen=True, kw_only=True):
    name: str


class RenameApplication(Intent, frozen=True, kw_only=True):
    name: str


class DeleteApplication(Intent, frozen=True, kw_only=True):
    pass


class AddKey(Intent, frozen=True, kw_only=True):
    """`scope` is read or write; `hash` is in hexadecimal."""

    id: str
    scope: str
    hash: str


class RevokeKey(Intent, frozen=True, kw_only=True):
    id: str


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
    chat: int
    number: int
    body: str


class DeleteMessage(Intent, frozen=True, kw_only=True):
    chat: int
    number: int
