"""Makes another generation live, so that no reader goes back in time and none is left behind."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import NamedTuple

from eventstore.crashpoints import crashpoint
from projections.bulk import Bulk
from projections.readmodel.errors import Fenced
from projections.readmodel.store import Control, Generation
from projections.tail import Tail


class Swapped(NamedTuple):
    """What is live now, since which position, and from which position on it was folded this time."""

    name: str
    generation: int
    position: int
    resumed_at: int


NEAR = 1000
ROUNDS = 10


def swap(control: Control, tail: Tail, bulk: Bulk, name: str, generation: Generation) -> int:
    """Make `generation` live; the position at which it took over.

    Raises what `Bulk.bring` does, and Fenced; then the live generation is still the one that was.
    """
    for _ in range(ROUNDS):
        head = tail.log.head()
        bulk.bring(generation, head)
        if tail.log.head() - head <= NEAR:
            break
    live = control.projection(name).live
    with _held(control, name, live) as old:
        # While it is held, no reader can have seen more of it than this.
        seen = old.checkpoint()
        # A log that was rewound no longer has all of that: nothing newer than its head can be shown.
        to = seen.position if tail.continues(seen) else tail.log.head()
        reached = bulk.bring(generation, to)
        crashpoint("swap-before-flip")
        control.flip(name, live, generation.number)
        crashpoint("swap-after-flip")
    return reached


@contextmanager
def _held(control: Control, name: str, live: int) -> Iterator[Generation]:
    """The live generation, while it is held. An index that has lost something begins again when it is first asked,
    which would wait for the hold.
    """
    with suppress(Fenced), closing(control.generation(name, live, must_be_live=True)) as first:
        first.checkpoint()
    with closing(control.generation(name, live, must_be_live=True)) as old, old.hold():
        yield old
