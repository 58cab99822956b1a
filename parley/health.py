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


def projection_standing(state: State, now: int) -> dict[str, Any]:
    """The same, and what its process is to it; `building` is the generation that a replay builds, 0: none."""
    return projection_detail(state, now) | {
        "head": state.head,
        "generation": state.generation,
        "building": state.building,
        "leading": state.leading,
        "working": state.working,
    }


def dependency(error: str | None) -> dict[str, Any]:
    """JSON of whether something that is needed is there."""
    return {"available": error is None, "error": error}


def ways_dependencies(bus: Bus, words: Words) -> dict[str, Any]:
    """JSON of whether the ways to other processes are there."""
    return {"bus": dependency(bus.state.error), "words": dependency(words.error)}


def ways_detail(bus: Bus, words: Words) -> dict[str, Any]:
    """JSON of the ways to other processes."""
    return {"bus": bus.state._asdict(), "words": {"error": words.error}}
