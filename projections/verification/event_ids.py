"""Looks for event ids that occur twice, in 8 bytes per event."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

_BUCKETS = 256


class EventIds:
    """Remembers only a hash of each id; those that may be doubled are to be looked at once more."""

    def __init__(self) -> None:
        self._buckets = [array("q") for _ in range(_BUCKETS)]

    def add(self, event_id: bytes) -> None:
        """Take one event's id."""
        hashed = hash(event_id)
        self._buckets[hashed % _BUCKETS].append(hashed)

    def suspects(self) -> frozenset[int]:
        """Hashes that came more than once."""
        return frozenset(
            hashed
            for bucket in self._buckets
            if len(set(bucket)) < len(bucket)
            for hashed, times in Counter(bucket).items()
            if times > 1
        )


def doubled(
    events: Iterable[tuple[int, bytes]], suspects: frozenset[int]
) -> Iterator[tuple[bytes, list[int]]]:
    """Ids that occur more than once among (position, id), with their positions."""
    positions: dict[bytes, list[int]] = defaultdict(list)
    for position, event_id in events:
        if hash(event_id) in suspects:
            positions[event_id].append(position)
    return ((event_id, found) for event_id, found in positions.items() if len(found) > 1)
