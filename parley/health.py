"""What `/readyz` tells of followers, the bus and the words."""

from typing import Any

from eventstore.bus import Bus
from projections.progress import State
from projections.readmodel.words import Words


def projection_detail(state: State, now: int) -> dict[str, Any]:
    """JSON of a follower's state; `now` is microseconds since 1970."""
    return {
        "position": state.position,
        "lag_events": state.lag_events,
        "lag_seconds": state.lag_seconds(now),
        "error": state.error,
        "parked": state.parked,
    }


def ways_detail(bus: Bus, words: Words) -> dict[str, Any]:
    """JSON of the ways to other processes."""
    return {"bus": bus.state._asdict(), "words": {"error": words.error}}
