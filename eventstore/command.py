"""A command as the appender takes it, and what comes of it."""

from typing import NamedTuple, Protocol

from eventstore.events import Fact
from eventstore.log import CommandKey, FactRef
from eventstore.view import View


class Decision(NamedTuple):
    """What a command comes to: facts to append and the answer's body.

    Without facts, `position` says which event the answer speaks of (as `Known.position` gives it).
    """

    facts: tuple[Fact, ...]
    answer: bytes
    position: int = 0


class Outcome(NamedTuple):
    """A command's answer; durable. `position` is its last event's, `replayed` says that the key was known."""

    answer: bytes
    position: int
    replayed: bool = False


class Command(Protocol):
    """A decision to take inside the transaction, and the rows and events it needs to see."""

    @property
    def exclusive(self) -> tuple[str, ...]: ...
    @property
    def shared(self) -> tuple[str, ...]: ...
    @property
    def peek(self) -> tuple[str, ...]: ...
    @property
    def refs(self) -> tuple[FactRef, ...]: ...
    @property
    def key(self) -> CommandKey | None: ...
    @property
    def size(self) -> int:
        """Roughly how many bytes it will append."""

    def admit(self, view: View) -> None:
        """Raise what keeps the command from being looked at; not even its kept answer is given then."""

    def decide(self, view: View, at: str) -> Decision:
        """Facts and answer. A refusal is raised; it reaches the caller and only this command fails."""

    def owners(self, answer: bytes) -> tuple[str, ...]:
        """The streams that must still be open for a kept answer to be given again."""
