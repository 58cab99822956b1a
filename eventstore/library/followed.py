"""The reading half of an application recorder, for whatever can read a page of notifications."""

from abc import abstractmethod
from collections.abc import Sequence

from eventsourcing.persistence import ApplicationRecorder, Notification, Subscription

from eventstore.library.bell import Bell
from eventstore.library.subscription import TailSubscription
from eventstore.library.tail import select


class FollowedRecorder(ApplicationRecorder):
    """Ids count from 1 without a gap, in the order of the commits. `bell` rings after each commit of its own."""

    bell: Bell

    @abstractmethod
    def read_page(self, after: int, limit: int) -> Sequence[Notification]:
        """At most `limit` notifications with id > after, in order; none only if there are none."""

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """As the library has it, but ending before the first id that is missing."""
        after = 0 if start is None else max(start - inclusive_of_start, 0)
        return select(self.read_page, after, limit, stop, topics)

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """An iterator that waits for more; see `eventstore.library.subscription`."""
        return TailSubscription(self, gt, topics)
