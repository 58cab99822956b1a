"""Checks the log itself, then every projection against it."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from eventstore.errors import LogError
from projections.readmodel.errors import ReadModelError
from projections.readmodel.store import Control
from projections.tail import Tail
from projections.verification.findings import Finding
from projections.verification.log import verify_log, verify_positions
from projections.verification.projection import verify_counters, verify_projection

OnProgress = Callable[[str, int, int], None]
"""Takes what is looked at, the position that is reached and the one that is aimed at."""


def verify(
    control: Control,
    tail: Tail,
    names: Sequence[str],
    *,
    fast: bool = False,
    on_progress: OnProgress = lambda *_: None,
) -> Iterator[Finding]:
    """All that is wrong, as it is found; a server may work on the same data meanwhile.

    `fast` looks only whether all positions are there and the counters are right. Nothing is repaired.
    A part that can't be looked at is a finding, too, so that it hides no other's. Raises LogUnavailable.
    """
    head = tail.log.head()

    def on_position(position: int) -> None:
        on_progress("log", position, head)

    if fast:
        yield from _told("log", verify_positions(tail.log, head, on_position))
        for name in names:
            yield from _told(name, verify_counters(control, tail, name))
        return
    yield from _told("log", (Finding("log", wrong) for wrong in tail.log.check()))
    yield from _told("log", verify_log(tail.log, head, tail.codec, on_position))
    for name in names:
        yield from _told(name, verify_projection(control, tail, name, partial(on_progress, name)))


def _told(place: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """What is found, and if the search for it fails, that."""
    try:
        yield from findings
    except (LogError, ReadModelError, OSError) as error:
        yield Finding(place, f"can't be examined: {error}")
