"""What all handlers share: the defaults of a command's footprint, and the look at its owners."""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from commands.domain.refusals import NoSuch
from commands.intents import Intent
from eventstore import streams
from eventstore.command import Decision
from eventstore.log import CommandKey, FactRef
from eventstore.view import View

I = TypeVar("I", bound=Intent)  # noqa: E741 - an intent


class Handler(ABC, Generic[I]):
    """An intent with the rows that it locks; implements `eventstore.command.Command`."""

    __slots__ = ("intent", "key")

    def __init__(self, intent: I, key: CommandKey | None = None) -> None:
        self.intent = intent
        self.key = key

    @property
    @abstractmethod
    def exclusive(self) -> tuple[str, ...]:
        """Stream rows that the command changes."""

    @property
    def shared(self) -> tuple[str, ...]:
        """Stream rows that must not change meanwhile: the owners."""
        return (streams.application(self.intent.token),)

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
