"""Tells whether a position includes all that was acknowledged until a few seconds ago, without comparing clocks."""

import logging
import threading
from collections.abc import Callable
from contextlib import closing
from time import monotonic

from eventstore.errors import LogError
from eventstore.log import Log
from eventstore.open import open_log

EVERY = 1.0
MOST_SECONDS = 5.0
"""Older looks don't count: what was acknowledged since may be a revocation."""
GRACE = 2.0

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


class Looker:
    """A thread that looks once a second: nothing else in a process that only reads asks the log as often."""

    def __init__(self, log_url: str) -> None:
        self._log_url = log_url
        self._looks = Looks()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="looker", daemon=True)

    def is_recent(self, position: int) -> bool:
        """See `Looks.is_recent`."""
        return self._looks.is_recent(position)

    def start(self) -> None:
        """Look from now on."""
        self._thread.start()

    def stop(self) -> None:
        """End it after the look in hand, which is not waited for long."""
        self._stopping.set()
        self._thread.join(GRACE)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with closing(open_log(self._log_url)) as log:
                    self._look(log)
            except LogError as error:
                logger.debug("can't ask the log how far it is: %s", error)
            except Exception:
                # A thread that dies unseen keeps all keys from working.
                logger.exception("can't tell how far the log is")
            self._stopping.wait(EVERY)

    def _look(self, log: Log) -> None:
        """Until stopped. Raises LogError."""
        while not self._stopping.is_set():
            self._looks.look(log.head)
            self._stopping.wait(EVERY)
