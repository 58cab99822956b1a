"""Counting again, with pauses: what every engine's recount has in common."""

from collections.abc import Iterable

from projections.readmodel.store import Drift, Pause

MOST_ROWS = 10_000
"""Rows looked at between two pauses: one after each chat would make a recount of many take hours."""

Look = tuple[int, list[Drift]]
"""How many rows were looked at, and the drifts among them."""


def gathered(looks: Iterable[Look], pause: Pause) -> list[Drift]:
    """The drifts of all looks; those found so far, if `pause` says to stop."""
    found: list[Drift] = []
    rows = 0
    for looked_at, some in looks:
        found += some
        rows += looked_at
        if rows >= MOST_ROWS:
            rows = 0
            if pause():
                break
    return found
