"""The bus of one process: a flag for each follower."""

import threading
from collections.abc import Sequence

from eventstore.bus import Subscription
from eventstore.log import NewEvent


class _Flag:
    def __init__(self) -> None:
        self._event = threading.Event()

    def wait(self, timeout: float) -> None:
        # Cleared after the wait and before the log is read: what comes in between sets it again.
        self._event.wait(timeout)
        self._event.clear()

    def wake(self) -> None:
        self._event.set()


class InProcessBus:
    """Implements `eventstore.bus.Bus` for followers that are threads of this process."""

    def __init__(self) -> None:
        self._flags: list[_Flag] = []

    def publish(self, first: int, events: Sequence[NewEvent]) -> None:  # noqa: ARG002 - a wake-up says nothing
        for flag in self._flags:
            flag.wake()

    def subscribe(self, name: str) -> Subscription:  # noqa: ARG002 - one process has no use for names
        flag = _Flag()
        self._flags.append(flag)
        return flag
