"""Brings a generation that nobody else writes on at bulk speed."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from eventstore.crashpoints import crashpoint
from eventstore.errors import LogUnavailable
from projections.projectors.fold import Fold
from projections.readmodel.store import Checkpoint, Generation
from projections.tail import Stretch, Tail

HOLE_PAUSE = 0.05
HOLE_LIMIT = 10.0

OnProgress = Callable[[int, int], None]
"""Takes the position that is reached and the one that is aimed at."""


class Bulk:
    """Folds one projection in batches of `batch` events.

    A thread reads and folds the next batch, and begins it, while the store takes the last one: a database works for
    itself meanwhile.
    """

    def __init__(
        self,
        tail: Tail,
        fold: Fold,
        batch: int,
        on_progress: OnProgress = lambda *_: None,
        *,
        patience: float = HOLE_LIMIT,
    ) -> None:
        """`patience` is for how many seconds a missing position is waited for."""
        self._tail = tail
        self._fold = fold
        self._batch = batch
        self._on_progress = on_progress
        self._patience = patience

    def bring(self, generation: Generation, to: int) -> int:
        """Apply all events up to position `to`; the position that is reached, never less than before.

        Raises LogRewound, UndecodableFact (what comes before it is applied), LogUnavailable, Fenced and
        ReadModelUnavailable; it can be called again after any of them.
        """
        checkpoint = generation.checkpoint()
        given_up = threading.Event()
        with ThreadPoolExecutor(1, "read-ahead") as ahead:
            try:
                # The first batch on this thread: for the few events before a swap no other is needed, and a store
                # may ask its registry before it begins.
                stretch, end = self._next(generation, checkpoint, to, given_up)
                while stretch.facts:
                    more = stretch.undecodable is None and stretch.after.position < to
                    coming = (
                        ahead.submit(self._next, generation, stretch.after, to, given_up) if more else None
                    )
                    end()
                    crashpoint("replay-batch")
                    checkpoint = stretch.after
                    self._on_progress(checkpoint.position, to)
                    if coming is None:
                        break
                    stretch, end = coming.result()
            finally:
                # The thread is waited for, and what it waits for may never come.
                given_up.set()
        if stretch.undecodable is not None:
            raise stretch.undecodable
        return checkpoint.position

    def _next(
        self, generation: Generation, before: Checkpoint, to: int, given_up: threading.Event
    ) -> tuple[Stretch, Callable[[], None]]:
        """The batch that comes after a checkpoint, up to the fact that can't be read, and what ends it, for it is
        begun; empty if that is the first, or if there is nothing up to `to`.
        """
        if before.position >= to:
            return Stretch([], before, to), _nothing
        stretch = self._read(before, min(self._batch, to - before.position), given_up)
        if not stretch.facts or given_up.is_set():
            return stretch, _nothing
        return stretch, generation.begin(self._fold(stretch.facts), before, stretch.after)

    def _read(self, before: Checkpoint, limit: int, given_up: threading.Event) -> Stretch:
        patient_until = time.monotonic() + self._patience
        while True:
            stretch = self._tail.read(before, limit)
            if stretch.facts or stretch.undecodable is not None:
                return stretch
            if time.monotonic() > patient_until or given_up.wait(HOLE_PAUSE):
                raise LogUnavailable(f"position {before.position + 1} of {stretch.head} can't be read")


def _nothing() -> None:
    """The end of a batch without facts."""
