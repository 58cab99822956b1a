"""Wakes the threads of this process that wait for something to be recorded."""

import threading


class Bell:
    """Counts its rings, so that one which comes between a look and a wait is heard."""

    def __init__(self) -> None:
        # Re-entrant: a subscription that the garbage collector ends rings, too, in any thread at any point.
        self._condition = threading.Condition(threading.RLock())
        self._rings = 0

    @property
    def rings(self) -> int:
        """How often it has rung."""
        return self._rings

    def ring(self) -> None:
        """Wake all who wait."""
        with self._condition:
            self._rings += 1
            self._condition.notify_all()

    def wait(self, heard: int, timeout: float) -> bool:
        """Return when it has rung more often than `heard`, or after `timeout` seconds; whether it has."""
        with self._condition:
            return self._condition.wait_for(lambda: self._rings != heard, timeout)
