"""What waits to be published: bounded, since the log has it all anyway."""

import threading
from collections import deque

from eventstore.bus_messages import Batch

MOST_BATCHES = 1000
MOST_BYTES = 16 << 20


class Outbox:
    """A queue between threads that drops its oldest batches when it is full; `put` never waits."""

    def __init__(self, most_batches: int = MOST_BATCHES, most_bytes: int = MOST_BYTES) -> None:
        self._most_batches = most_batches
        self._most_bytes = most_bytes
        self._batches: deque[Batch] = deque()
        self._bytes = 0
        self._lock = threading.Lock()
        self._filled = threading.Event()
        self.dropped = 0
        """How many batches had to go."""

    def __len__(self) -> int:
        return len(self._batches)

    def put(self, batch: Batch) -> None:
        """Add a batch; the oldest ones, or even this one, go if there is too much."""
        with self._lock:
            self._batches.append(batch)
            self._bytes += batch.size
            while len(self._batches) > self._most_batches or self._bytes > self._most_bytes:
                self._bytes -= self._batches.popleft().size
                self.dropped += 1
        self._filled.set()

    def wait(self, timeout: float) -> None:
        """Until something may be there, or `nudge`, or for `timeout` seconds."""
        self._filled.wait(timeout)
        self._filled.clear()

    def nudge(self) -> None:
        """End a wait."""
        self._filled.set()

    def take(self, most_batches: int, most_bytes: int) -> list[Batch]:
        """The oldest batches, at least one if there is any; they are not in it any more."""
        taken: list[Batch] = []
        with self._lock:
            size = 0
            while self._batches and len(taken) < most_batches and size < most_bytes:
                batch = self._batches.popleft()
                self._bytes -= batch.size
                size += batch.size
                taken.append(batch)
        return taken
