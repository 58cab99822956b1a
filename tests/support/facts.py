"""Facts straight into a log, for tests that care about what follows and not about commands."""

import os
from collections.abc import Sequence
from contextlib import closing

from eventstore.clock import rfc3339, system_clock
from eventstore.codec import Codec
from eventstore.events import Fact
from eventstore.log import Footprint, Log, Writes
from eventstore.view import View

NOTHING: frozenset[str] = frozenset()


def append(log: Log, *facts: Fact, recorded_at: int | None = None) -> int:
    """Append the facts in one transaction, with their stream rows; the position of the last one."""
    if not facts:
        return log.head()
    touched = frozenset(touch.stream for fact in facts for touch in fact.touches())
    with closing(log.writer()) as writer:
        loaded = writer.load(Footprint(touched, NOTHING, NOTHING, frozenset(), frozenset()))
        view = View(loaded, Codec())
        view.append(facts, (os.urandom(16) for _ in facts))
        now = system_clock() if recorded_at is None else recorded_at
        return writer.commit(Writes(now, view.events, view.touched)) + len(facts) - 1


def append_each(log: Log, facts: Sequence[Fact], cut: int = 100) -> int:
    """Append the facts in transactions of `cut`; the position of the last one."""
    for start in range(0, len(facts), cut):
        append(log, *facts[start : start + cut])
    return log.head()


def at(step: int) -> str:
    """A time for the `step`-th fact."""
    return rfc3339(1_800_000_000_000_000 + step)
