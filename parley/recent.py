"""Tells whether a position includes all that was acknowledged until a few seconds ago, without comparing clocks."""

import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from time import monotonic

from eventstore.errors import LogError
from eventstore.open import open_log
from parley.asking import Asking

EVERY = 1.0
MOST_SECONDS = 5.0
"""Older looks don't count: what was acknowledged since may be a revocation."""

logger = logging.getLogger(__name__)


class Looks:
    """How far the log was, and when: noted by one thread, asked by any.

    What was acknowledged before a look began is at the head that it found, or before.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._looks: tuple[tuple[float, int], ...] = ()

    def look(self, head: Callable[[], int]) -> None:
        """Ask how far the log is. Raises what `head` raises: then nothing is noted."""
        at = self._clock()
        found = head()
        self._looks = (*self._that_count(), (at, found))

    def is_recent(self, position: int) -> bool:
        """Whether that position includes all that was acknowledged over MOST_SECONDS ago; no if unknown."""
        return any(head <= position for _, head in self._that_count())

    def _that_count(self) -> tuple[tuple[float, int], ...]:
        since = self._clock() - MOST_SECONDS
        return tuple(look for look in self._looks if look[0] >= since)


class Looker(Asking):
    """Looks once a second: nothing else in a process that only reads asks the log as often."""

    def __init__(self, log_url: str) -> None:
        super().__init__("looker", EVERY, "how far the log is", (LogError,))
        self._log_url = log_url
        self._looks = Looks()

    def is_recent(self, position: int) -> bool:
        """See `Looks.is_recent`."""
        return self._looks.is_recent(position)

    @contextmanager
    def _reached(self) -> Iterator[Callable[[], None]]:
        with closing(open_log(self._log_url)) as log:
            yield lambda: self._looks.look(log.head)

    def _fails(self, error: Exception | None) -> None:
        if error is not None:
            logger.debug("can't ask the log how far it is: %s", error)
