"""Rebuilds a projection from the first fact beside the live generation, then swaps."""

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager

from eventstore.crashpoints import crashpoint
from projections.bulk import Bulk, OnProgress
from projections.errors import AlreadyRunning, NothingToRollBackTo
from projections.projectors import PROJECTIONS
from projections.readmodel.store import Control, Generation
from projections.replaying import alone
from projections.swap import Swapped, swap
from projections.tail import Tail

BATCH = 5000

logger = logging.getLogger(__name__)


def replay(
    control: Control,
    tail: Tail,
    name: str,
    *,
    batch: int = BATCH,
    afresh: bool = False,
    on_progress: OnProgress = lambda *_: None,
) -> Swapped:
    """Fold the whole log into a new generation and make it live; an unfinished one is resumed.

    `afresh` starts from the first fact in any case. Killed at any moment, it leaves the live generation as
    it is, or the new one live. Raises AlreadyRunning, and what `Bulk.bring` does.
    """
    with _alone(control, name), closing(_building(control, tail, name, afresh)) as generation:
        resumed_at = generation.checkpoint().position
        bulk = Bulk(tail, PROJECTIONS[name], batch, on_progress)
        bulk.bring(generation, tail.log.head())
        generation.finish()
        crashpoint("replay-finished")
        return Swapped(name, generation.number, swap(control, tail, bulk, name, generation), resumed_at)


def rollback(
    control: Control,
    tail: Tail,
    name: str,
    *,
    on_progress: OnProgress = lambda *_: None,
) -> Swapped:
    """Catch the generation before the live one up, and make it live again.

    Raises AlreadyRunning, NothingToRollBackTo, and what `Bulk.bring` does.
    """
    with _alone(control, name):
        previous = control.projection(name).previous
        if previous is None:
            raise NothingToRollBackTo(f"{name} has no earlier generation")
        with closing(control.generation(name, previous, must_be_live=False)) as generation:
            checkpoint = generation.checkpoint()
            if not tail.continues(checkpoint):
                raise NothingToRollBackTo(
                    f"generation {previous} of {name} follows a log that was rewound since; run a replay"
                )
            bulk = Bulk(tail, PROJECTIONS[name], BATCH, on_progress)
            # It may have been lost, and made anew in bulk.
            bulk.bring(generation, tail.log.head())
            generation.finish()
            reached = swap(control, tail, bulk, name, generation)
            return Swapped(name, previous, reached, checkpoint.position)


def _building(control: Control, tail: Tail, name: str, afresh: bool) -> Generation:
    """The generation to build. One that follows a log which was rewound since can't be gone on with.

    It may hold what was begun beyond its checkpoint. So if the live one, which is further, follows such a log, the
    unfinished one counts as doing so, too.
    """
    is_unfinished = control.projection(name).building is not None
    afresh = afresh or (is_unfinished and not _live_continues(control, tail, name))
    generation = control.generation(name, control.start_building(name, afresh=afresh), must_be_live=False)
    if tail.continues(generation.checkpoint()):
        return generation
    generation.close()
    logger.warning("%s: the unfinished generation follows a log that was rewound, starting afresh", name)
    return control.generation(name, control.start_building(name, afresh=True), must_be_live=False)


def _live_continues(control: Control, tail: Tail, name: str) -> bool:
    live = control.look_at(name)
    if live is None:
        return True
    with closing(live):
        return tail.continues(live.checkpoint())


@contextmanager
def _alone(control: Control, name: str) -> Iterator[None]:
    with alone(control, name) as nobody_else:
        if not nobody_else:
            raise AlreadyRunning(f"another process is replaying {name} or rolling it back")
        yield
