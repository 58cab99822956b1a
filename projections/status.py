"""How far everything is, for people and machines."""

from collections.abc import Sequence
from contextlib import closing
from typing import Any, NamedTuple

from eventstore.clock import Clock, rfc3339
from eventstore.log import Log
from projections.readmodel.errors import ReadModelUnavailable
from projections.readmodel.store import Control, LiveProjection, Report

Status = dict[str, Any]


class Registered(NamedTuple):
    """What the registry says of a projection: what is live, and what its follower has last told.

    Neither, where nobody has followed yet.
    """

    row: LiveProjection | None
    word: Report | None


class Applied(NamedTuple):
    """What the live generation itself says."""

    position: int
    parked: list[str]


class Lag(NamedTuple):
    """How many events are not applied, and for how long the oldest of them has waited; None: nobody knows."""

    events: int | None = None
    seconds: float | None = None


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
    registered = registered_as(control, name)
    applied, error = Applied(registered.word.position if registered.word else 0, []), None
    try:
        applied = applied_to(control, name)
    except ReadModelUnavailable as unavailable:
        error = str(unavailable)
    lag = lag_behind(log, applied.position, clock)
    return shown(name, registered, applied.position, lag, applied.parked, error)


def registered_as(control: Control, name: str) -> Registered:
    """Raises ReadModelUnavailable."""
    return Registered(control.registered(name), control.reported(name))


def applied_to(control: Control, name: str) -> Applied:
    """Nothing, where nobody has followed yet.

    Raises ReadModelUnavailable, where what was there is lost, too; WrongFormat, Misfit.
    """
    if control.registered(name) is None:
        return Applied(0, [])
    live = control.look_at(name)
    if live is None:
        raise ReadModelUnavailable(f"the live {name} are not there: whoever follows the log makes them anew")
    with closing(live) as generation:
        return Applied(generation.checkpoint().position, generation.parked())


def lag_behind(log: Log, position: int, clock: Clock) -> Lag:
    """Of what has applied the log up to that position. Raises LogUnavailable."""
    # Read after the position, or the lag could be negative.
    head = log.head()
    waiting = log.read(position, 1) if position < head else []
    seconds = max(0.0, (clock() - waiting[0].recorded_at) / 1e6) if waiting else 0.0
    return Lag(max(0, head - position), seconds)


def shown(
    name: str,
    registered: Registered | None,
    position: int | None,
    lag: Lag,
    parked: Sequence[str],
    error: str | None,
) -> Status:
    """A projection, as `status` has it; `error` comes before what the follower has told. None: nobody knows."""
    row, word = registered or (None, None)
    return {
        "name": name,
        "generation": row.live if row else None,
        "previous": row.previous if row else None,
        "building": row.building if row else None,
        "position": position,
        "lag_events": lag.events,
        "lag_seconds": lag.seconds,
        "error": error or (word.error if word else None),
        "reported_at": rfc3339(word.reported_at) if word else None,
        "parked": list(parked),
    }
