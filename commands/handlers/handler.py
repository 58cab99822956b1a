"""What all handlers share: the defaults of a command's footprint, and the look at its owners."""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from commands.admission import NOBODY, Caller, KeyringMoved, admit
from commands.domain.keyring import NO_KEYS
from commands.domain.refusals import NoSuch
from commands.intents import Intent
from eventstore import streams
from eventstore.command import Decision
from eventstore.log import CommandKey, FactRef
from eventstore.view import View

I = TypeVar("I", bound=Intent)  # noqa: E741 - an intent


class Handler(ABC, Generic[I]):
    """An intent with the rows that it locks; implements `eventstore.command.Command`."""

    __slots__ = ("_keys", "caller", "intent", "key", "keyring")

    def __init__(self, intent: I, key: CommandKey | None = None, caller: Caller = NOBODY) -> None:
        self.intent = intent
        self.key = key
        self.caller = caller
        self.keyring = NO_KEYS
        """The keys of its application, as far as they are known."""
        self._keys = streams.keys(intent.token)

    @property
    @abstractmethod
    def exclusive(self) -> tuple[str, ...]:
        """Stream rows that the command changes."""

    @property
    def shared(self) -> tuple[str, ...]:
        """Stream rows that must not change meanwhile: the owners, and the keys."""
        return (streams.application(self.intent.token), self._keys)

    @property
    def peek(self) -> tuple[str, ...]:
        """Stream rows that the command only looks at."""
        return ()

    @property
    def refs(self) -> tuple[FactRef, ...]:
        """Events that the command looks at."""
        return ()

    @property
    def size(self) -> int:
        """Roughly how many bytes it will append."""
        return 256

    def admit(self, view: View) -> None:
        """Raises a Refusal if the caller may not do this, KeyringMoved if that can't be told from what is known."""
        row = view.stream(self._keys)
        version = 0 if row is None else row.version
        if version != self.keyring.version:
            raise KeyringMoved(self.keyring.version, version)
        if version:
            token = self.intent.token
            require_application(view, token)
            admit(self.caller, token, self.keyring)

    @abstractmethod
    def decide(self, view: View, at: str) -> Decision:
        """Facts and answer; raises a Refusal."""

    def owners(self, answer: bytes) -> tuple[str, ...]:  # noqa: ARG002 - most answers are never kept
        """The streams that must still be open for a kept answer to be given again."""
        return ()


def is_open(view: View, stream: str) -> bool:
    """Whether the thing was created and not deleted."""
    row = view.stream(stream)
    return row is not None and not row.closed


def require_application(view: View, token: str) -> None:
    """Raises NoSuch if the application does not live."""
    if not is_open(view, streams.application(token)):
        raise NoSuch("application")


def require_chat(view: View, stream: str) -> None:
    """Raises NoSuch if the chat does not live; `stream` is either of its two rows."""
    if not is_open(view, stream):
        raise NoSuch("chat")
