"""The bus of one process: a flag for each follower."""

import threading
from collections.abc import Sequence

from eventstore.bus import BusState, Subscription
from eventstore.log import NewEvent


class Flag:
    """An ear that hears of nothing but `wake`."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def wait(self, timeout: float) -> None:
        """Until the next `wake`, or for `timeout` seconds."""
        # Cleared after the wait and before the log is read: what comes in between sets it again.
        self._event.wait(timeout)
        self._event.clear()

    def wake(self) -> None:
        """End the wait that is under way, or else the next one."""
        self._event.set()

    def rest(self) -> None:
        """There is no other process."""

    def attend(self) -> None:
        """As ever."""


class InProcessBus:
    """Implements `eventstore.bus.Bus` for followers that are threads of this process."""

    def __init__(self) -> None:
        self._flags: list[Flag] = []

    @property
    def state(self) -> BusState:
        return BusState()

    def publish(self, first: int, events: Sequence[NewEvent], recorded_at: int = 0) -> None:  # noqa: ARG002 - a wake-up says nothing
        for flag in self._flags:
            flag.wake()

    def subscribe(self, name: str) -> Subscription:  # noqa: ARG002 - one process has no use for names
        flag = Flag()
        self._flags.append(flag)
        return flag

    def close(self) -> None:
        pass
