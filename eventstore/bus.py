"""The port of the bus: it tells followers that the log has grown."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from eventstore.log import NewEvent


class BusUnavailable(Exception):
    """The broker can't be asked now."""


class BusState(NamedTuple):
    """`error` says why nothing can be published now; `waiting` and `dropped` count batches, `confirmed` messages."""

    error: str | None = None
    waiting: int = 0
    dropped: int = 0
    confirmed: int = 0


class Subscription(Protocol):
    """One follower's ear."""

    def wait(self, timeout: float) -> None:
        """Return when something was published since the last wait, or after `timeout` seconds."""

    def wake(self) -> None:
        """End a wait from outside, for instance to stop its thread."""

    def rest(self) -> None:
        """Leave what other processes publish to another ear of this name, of which one at a time hears it."""

    def attend(self) -> None:
        """Hear it again, or go on hearing it, as a new ear does."""


class Bus(Protocol):
    """A hint only: it may be lost, doubled, late or forged, and nothing but delay may come of it."""

    @property
    def state(self) -> BusState:
        """How it is; for any thread."""

    def publish(self, first: int, events: Sequence[NewEvent], recorded_at: int = 0) -> None:
        """These events are committed, from position `first` on. Never blocks and never raises.

        `recorded_at` is theirs, in microseconds since 1970. Without events it is a mere wake-up.
        """

    def subscribe(self, name: str) -> Subscription:
        """An ear of that name; it hears what is published from now on."""

    def close(self) -> None:
        """End all threads and connections; what was just published may be lost."""
