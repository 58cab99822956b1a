"""Readers that follow a log page by page, rest, and start again from a checkpoint; and what they must have seen."""

import random
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from eventstore.events import Fact, MessageCreated
from eventstore.open import open_log
from projections.readmodel.store import Checkpoint
from projections.tail import Tail

MOST_FACTS = 150
RESTARTS = 0.05
FARTHEST_BACK = 20
PAUSE = 0.01
END = b"that is the end."
"""The id of the event behind which nothing comes."""


class Seen(NamedTuple):
    """An event as a reader saw it."""

    position: int
    event_id: bytes


class Reads(Protocol):
    """One reader's own connection."""

    def read(self, before: Checkpoint, limit: int) -> tuple[list[Seen], Checkpoint]:
        """At most `limit` events after the checkpoint, and the checkpoint behind them."""

    def close(self) -> None: ...


OpenReads = Callable[[str], Reads]
"""Opens what the URL names."""


class TailReads:
    """Reads a log as followers do. The ids are those that its writers put into the bodies."""

    def __init__(self, url: str) -> None:
        self._log = open_log(url)
        self._tail = Tail(self._log)

    def read(self, before: Checkpoint, limit: int) -> tuple[list[Seen], Checkpoint]:
        stretch = self._tail.read(before, limit)
        seen = [Seen(position, _written_id(fact)) for position, fact in stretch.facts]
        if seen:
            assert (stretch.after.position, stretch.after.event_id) == seen[-1]
        return seen, stretch.after

    def close(self) -> None:
        self._log.close()


def _written_id(fact: Fact) -> bytes:
    assert isinstance(fact, MessageCreated)
    return bytes.fromhex(fact.body[:32])


@dataclass(slots=True)
class Sight:
    """What a reader saw from one start to the next."""

    after: int
    seen: list[Seen] = field(default_factory=list)


def follow(
    opened: OpenReads,
    url: str,
    seed: str,
    patience: float,
    on_page: Callable[[int], None] = lambda _: None,
) -> list[Sight]:
    """Follow from 0 to END. Gives up after `patience` seconds; what it saw then shows where it stood.

    `on_page` is called with the position that is reached.
    """
    dice = random.Random(seed)
    given_up_at = time.monotonic() + patience
    places = [Checkpoint()]
    sights = [Sight(0)]
    reads = opened(url)
    try:
        while time.monotonic() < given_up_at:
            if dice.random() < RESTARTS:
                reads.close()
                reads = opened(url)
                places = places[: -dice.randrange(min(FARTHEST_BACK, len(places))) or None]
                sights.append(Sight(places[-1].position))
            seen, after = reads.read(places[-1], dice.randint(1, MOST_FACTS))
            sights[-1].seen += seen
            if seen:
                places.append(after)
                on_page(after.position)
                if seen[-1].event_id == END:
                    break
            time.sleep(dice.uniform(0, PAUSE))
    finally:
        reads.close()
    return sights


def differences(events: list[Seen], sights: Sequence[Sight]) -> list[str]:
    """How one reader's sights differ from what it must have seen: all events in order, from each start on.

    A sight that a restart ended may end anywhere, the last one only with the last event.
    """
    found = []
    for sight in sights:
        first = bisect_right(events, sight.after, key=lambda event: event.position)
        due = events[first:] if sight is sights[-1] else events[first : first + len(sight.seen)]
        if sight.seen != due:
            found.append(_difference(due, sight, {*events}))
    return found


def _difference(due: Sequence[Seen], sight: Sight, events: Set[Seen]) -> str:
    seen = Counter(sight.seen)
    missed = [event.position for event in due if event not in seen]
    repeated = [event.position for event, times in seen.items() if times > 1]
    foreign = [event.position for event in sight.seen if event not in events]
    return f"after {sight.after}: missed {missed}, repeated {repeated}, not in the log {foreign}, or out of order"
