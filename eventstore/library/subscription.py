"""A subscription that waits for what this process records, and asks now and then for what others do."""

import logging
import time
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from eventsourcing.persistence import Notification, Subscription

from eventstore.library.tail import PAGE, Stretch, read_stretch

if TYPE_CHECKING:
    from eventstore.library.followed import FollowedRecorder

FIRST_PAUSE = 0.005
LONGEST_PAUSE = 0.5
"""Seconds between two looks at a log that does not grow: the most that another process's event is late."""
HOLE_SECONDS = 10.0

logger = logging.getLogger(__name__)


class TailSubscription(Subscription["FollowedRecorder"]):
    """Reads in the thread that iterates, so there is no thread to end and an error is raised where it is seen."""

    def __init__(
        self, recorder: "FollowedRecorder", gt: int | None = None, topics: Sequence[str] = ()
    ) -> None:
        super().__init__(recorder, gt, topics)
        self._after = gt or 0
        self._ready: deque[Notification] = deque()
        self._pause = FIRST_PAUSE
        self._hole_since: float | None = None

    def stop(self) -> None:
        """End the iteration, also one that waits in another thread."""
        super().stop()
        self._recorder.bell.ring()

    def __next__(self) -> Notification:
        """The next notification; waits for it. Raises StopIteration after `stop`, or a persistence error."""
        while not self._has_been_stopped:
            if self._ready:
                return self._ready.popleft()
            self._look()
        raise StopIteration

    def _look(self) -> None:
        heard = self._recorder.bell.rings
        stretch = read_stretch(self._recorder.read_page, self._after, PAGE, self._topics)
        self._ready.extend(stretch.wanted)
        self._watch(stretch)
        if stretch.after > self._after:
            self._after, self._pause = stretch.after, FIRST_PAUSE
        elif not self._has_been_stopped and not self._recorder.bell.wait(heard, self._pause):
            self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def _watch(self, stretch: Stretch) -> None:
        """A hole closes at once; one that lasts is damage, and whoever follows stays before it."""
        if not stretch.hole:
            self._hole_since = None
        elif self._hole_since is None:
            self._hole_since = time.monotonic()
        elif time.monotonic() - self._hole_since > HOLE_SECONDS:
            logger.error("position %d is missing, but later ones are there", stretch.after + 1)
            self._hole_since = time.monotonic()
