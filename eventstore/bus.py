"""The port of the bus: it tells followers that the log has grown."""

from collections.abc import Sequence
from typing import Protocol

from eventstore.log import NewEvent


class Subscription(Protocol):
    """One follower's ear."""

    def wait(self, timeout: float) -> None:
        """Return when something was published since the last wait, or after `timeout` seconds."""

    def wake(self) -> None:
        """End a wait from outside, for instance to stop its thread."""


class Bus(Protocol):
    """A hint only: it may be lost, doubled, late or forged, and nothing but delay may come of it."""

    def publish(self, first: int, events: Sequence[NewEvent]) -> None:
        """These events are committed, from position `first` on. Never blocks and never raises."""

    def subscribe(self, name: str) -> Subscription:
        """An ear of that name; it hears what is published from now on."""
