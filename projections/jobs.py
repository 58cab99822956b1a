"""The periodic jobs; each can be run at any time, by one process at a time."""

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import NamedTuple

from eventstore.clock import Clock, system_clock
from eventstore.log import Log
from projections.projectors import PROJECTIONS
from projections.readmodel.store import Control, Drift, Generation, Pause, go_on
from projections.replaying import alone

KEYS_KEPT = 24 * 3600 * 1_000_000
PREVIOUS_KEPT = 7 * 24 * 3600 * 1_000_000
"""How long `parley rollback` is possible after a swap."""
CHUNK = 1000

logger = logging.getLogger(__name__)


class Job(NamedTuple):
    """Something to do every so many minutes."""

    name: str
    minutes: int
    run: Callable[[], object]


def jobs(
    log: Log,
    control: Control,
    pause: Pause,
    names: Sequence[str] = tuple(PROJECTIONS),
    clock: Clock = system_clock,
) -> list[Job]:
    """All jobs for the log and these projections."""
    return [
        *store_jobs(control, names, pause),
        Job("expire keys", 60, lambda: expire_keys(log, clock, pause)),
    ]


def store_jobs(control: Control, names: Sequence[str], pause: Pause) -> list[Job]:
    """Those for the projections."""
    return [
        Job("recount", 30, lambda: _log_drifts(control, names, pause)),
        Job("purge", 1, lambda: purge(control, names, pause)),
        Job("drop old generations", 60, lambda: drop_old(control, names)),
    ]


def recount(
    control: Control, names: Sequence[str], *, repair: bool, pause: Pause = go_on
) -> list[tuple[str, Drift]]:
    """(projection, drift) of every counter that counting does not come to, put right if `repair`."""
    found = []
    for name in names:
        with closing(live_generation(control, name)) as generation:
            found += [(name, drift) for drift in generation.recount(repair, pause)]
    return found


def purge(control: Control, names: Sequence[str], pause: Pause) -> int:
    """Remove what lies below deleted owners, in chunks, until nothing is left; how many steps that took."""
    removed = 0
    for name in names:
        with closing(live_generation(control, name)) as generation:
            while some := generation.purge(CHUNK):
                removed += some
                if pause():
                    return removed
    return removed


def expire_keys(log: Log, clock: Clock, pause: Pause) -> int:
    """Forget idempotency keys that are older than a day, in chunks; how many they were."""
    before = clock() - KEYS_KEPT
    expired = 0
    with closing(log.writer()) as writer:
        while some := writer.expire_keys(before, CHUNK):
            expired += some
            if pause():
                break
    return expired


def drop_old(control: Control, names: Sequence[str], clock: Clock = system_clock) -> list[tuple[str, int]]:
    """Remove generations that nobody can come back to, a week after a swap the one before; (projection, number) of
    each.
    """
    before = clock() - PREVIOUS_KEPT
    dropped = []
    for name in names:
        with alone(control, name) as nobody_else:
            # A rollback that is under way needs it.
            if nobody_else:
                control.give_up_previous(name, before)
        dropped += [(name, number) for number in control.drop_old(name)]
    return dropped


def live_generation(control: Control, name: str) -> Generation:
    """The live generation of a projection, for writing."""
    return control.generation(name, control.projection(name).live, must_be_live=True)


def _log_drifts(control: Control, names: Sequence[str], pause: Pause) -> None:
    for name, drift in recount(control, names, repair=True, pause=pause):
        logger.warning("%s: %s was %d, put right to %d", name, drift.thing, drift.kept, drift.counted)
