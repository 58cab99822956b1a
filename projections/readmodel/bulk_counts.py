"""How often the search engine did not take at once what it was sent, in all of this process since it began."""

import threading


class BulkCounts:
    """For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.retried = 0
        """Documents that were sent again because the engine was too busy."""
        self.failed = 0
        """Requests that were given up; what they had is sent again with its whole batch."""

    def retries(self, documents: int) -> None:
        """So many are sent again."""
        with self._lock:
            self.retried += documents

    def fails(self) -> None:
        """A request is given up."""
        with self._lock:
            self.failed += 1


counts = BulkCounts()
