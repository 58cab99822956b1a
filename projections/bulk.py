"""Brings a generation on at bulk speed: the next batch is read and folded while this one is applied."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from eventstore.crashpoints import crashpoint
from eventstore.errors import LogUnavailable
from projections.projectors.fold import Fold
from projections.readmodel.changes import Change
from projections.readmodel.store import Checkpoint, Generation
from projections.tail import Stretch, Tail

HOLE_PAUSE = 0.05
HOLE_LIMIT = 10.0

OnProgress = Callable[[int, int], None]
"""Takes the position that is reached and the one that is aimed at."""


class _Batch(NamedTuple):
    before: Checkpoint
    changes: list[Change]
    stretch: Stretch


class Bulk:
    """Folds one projection into generations that nobody else writes."""

    def __init__(self, tail: Tail, fold: Fold, batch: int, on_progress: OnProgress = lambda *_: None) -> None:
        self._tail = tail
        self._fold = fold
        self._size = batch
        self._on_progress = on_progress

    def bring(self, generation: Generation, to: int) -> int:
        """Apply all events up to position `to`; the position that is reached, never less than before.

        Raises LogRewound, UndecodableFact (what comes before it is applied), LogUnavailable, Fenced and
        ReadModelUnavailable; it can be called again after any of them.
        """
        checkpoint = generation.checkpoint()
        with ThreadPoolExecutor(1, "read-ahead") as ahead:
            coming = ahead.submit(self._read, checkpoint, to)
            while checkpoint.position < to:
                before, changes, stretch = coming.result()
                coming = ahead.submit(self._read, stretch.after, to)
                if stretch.facts:
                    generation.apply(changes, before, stretch.after)
                    crashpoint("replay-batch")
                    checkpoint = stretch.after
                    self._on_progress(checkpoint.position, to)
                if stretch.undecodable is not None:
                    raise stretch.undecodable
        return checkpoint.position

    def _read(self, before: Checkpoint, to: int) -> _Batch:
        limit = max(0, min(self._size, to - before.position))
        stretch = self._tail.read(before, limit)
        given_up_at = time.monotonic() + HOLE_LIMIT
        while limit and not stretch.facts and stretch.undecodable is None:
            if time.monotonic() > given_up_at:
                raise LogUnavailable(f"position {before.position + 1} of {stretch.head} can't be read")
            time.sleep(HOLE_PAUSE)
            stretch = self._tail.read(before, limit)
        return _Batch(before, self._fold(stretch.facts), stretch)
