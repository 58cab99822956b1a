"""Walks through the log as it is, over whatever is missing."""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from eventstore.log import Log, Recorded

PAGE = 5000
_PATIENCE = 1.0
_PAUSE = 0.05


class Missing(NamedTuple):
    """Positions that the log should have and does not show."""

    first: int
    last: int


def every_event(
    log: Log, after: int, to: int, on_position: Callable[[int], None] = lambda _: None
) -> Iterator[Recorded | Missing]:
    """The events with positions from after + 1 up to `to`, and what is missing among them.

    `on_position` is called once per page.
    """
    patience = _PATIENCE
    while after < to:
        page = _page(log, after, min(PAGE, to - after), patience)
        if not page:
            # Some engines show a position late, but not this late; and the next hole is not waited for.
            patience = 0
            after += 1
            yield Missing(after, after)
        for event in page:
            if event.position > to:
                yield Missing(after + 1, to)
                after = to
                break
            if event.position > after + 1:
                yield Missing(after + 1, event.position - 1)
            yield event
            after = event.position
        on_position(after)


def _page(log: Log, after: int, limit: int, patience: float) -> list[Recorded]:
    given_up_at = time.monotonic() + patience
    while not (page := log.read(after, limit)) and time.monotonic() < given_up_at:
        time.sleep(_PAUSE)
    return page
