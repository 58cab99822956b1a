"""How far everything is, for people and machines."""

from collections.abc import Sequence
from contextlib import closing
from typing import Any

from eventstore.clock import Clock, rfc3339
from eventstore.log import Log
from projections.readmodel.errors import ReadModelUnavailable
from projections.readmodel.store import Control

Status = dict[str, Any]


def status(log: Log, control: Control, names: Sequence[str], clock: Clock) -> Status:
    """`{log_id, head, projections: [{name, generation, previous, building, position, lag_events,
    lag_seconds, error, reported_at, parked}]}`; times are RFC 3339. A store that can't be reached is an `error`, and
    then the position is what its follower has last told. Raises LogUnavailable, ReadModelUnavailable.
    """
    return {
        "log_id": log.log_id,
        "head": log.head(),
        "projections": [_projection(log, control, name, clock) for name in names],
    }


def _projection(log: Log, control: Control, name: str, clock: Clock) -> Status:
    row = control.projection(name)
    word = control.reported(name)
    position, error = (word.position, word.error) if word else (0, None)
    parked: list[str] = []
    try:
        with closing(control.generation(name, row.live, must_be_live=False)) as generation:
            position, parked = generation.checkpoint().position, generation.parked()
    except ReadModelUnavailable as unavailable:
        error = str(unavailable)
    # Read after the position, or the lag could be negative.
    head = log.head()
    waiting = log.read(position, 1) if position < head else []
    return {
        "name": name,
        "generation": row.live,
        "previous": row.previous,
        "building": row.building,
        "position": position,
        "lag_events": max(0, head - position),
        "lag_seconds": max(0.0, (clock() - waiting[0].recorded_at) / 1e6) if waiting else 0.0,
        "error": error,
        "reported_at": rfc3339(word.reported_at) if word else None,
        "parked": parked,
    }
