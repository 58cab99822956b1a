"""Reading a log by position, never past a position that is missing."""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from eventsourcing.persistence import Notification

PAGE = 1000

ReadPage = Callable[[int, int], Sequence[Notification]]
"""(after, limit) -> at most `limit` notifications with id > after in order; none only if there are none."""


class Stretch(NamedTuple):
    """The wanted notifications of a page; `after` is the last position that was looked at.

    `hole` says that there is more, but not yet the very next position.
    """

    wanted: list[Notification]
    after: int
    hole: bool = False


def read_stretch(read: ReadPage, after: int, limit: int, topics: Collection[str] = ()) -> Stretch:
    """One page: what was committed as far as its positions follow one another.

    Positions are given in the order of the commits, but MariaDB can show one for an instant before it
    shows the one below: whoever skipped that would never see it. So topics are picked from the page here,
    where a missing position shows, and not by the query.
    """
    page = read(after, limit)
    whole = [notification for place, notification in enumerate(page, after + 1) if notification.id == place]
    wanted = [notification for notification in whole if not topics or notification.topic in topics]
    return Stretch(wanted, after + len(whole), hole=len(whole) < len(page))


def select(
    read: ReadPage, after: int, limit: int, stop: int | None = None, topics: Collection[str] = ()
) -> list[Notification]:
    """At most `limit` notifications with those topics (all, if none is named) and after < id <= stop."""
    found: list[Notification] = []
    while (missing := limit - len(found)) > 0:
        size = max(missing, PAGE) if topics else missing
        if stop is not None:
            size = min(size, stop - after)
        if size <= 0:
            break
        stretch = read_stretch(read, after, size, topics)
        found += stretch.wanted[:missing]
        if stretch.after == after:
            break
        after = stretch.after
        if stretch.hole:
            break
    return found
