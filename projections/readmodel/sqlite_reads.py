"""Reads of a data folder from an event loop."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from time import monotonic
from typing import Generic, TypeVar

from projections.readmodel.reads import MOST_SECONDS
from projections.readmodel.snapshot_answers import SnapshotAnswers
from projections.readmodel.sqlite_files import translated
from projections.readmodel.sqlite_generation import format_of
from projections.readmodel.sqlite_snapshots import SQLiteSnapshots
from projections.readmodel.threaded_reads import ThreadedReads

V = TypeVar("V")
W = TypeVar("W", covariant=True)

_STEPS = 10_000
"""So many of SQLite's steps pass between looks at the clock: a millisecond or so."""


class SQLiteReads(ThreadedReads[V]):
    """Implements `reads.OwnedReads` for one event loop."""

    def __init__(
        self,
        folder: Path,
        name: str,
        view: Callable[[sqlite3.Connection, int], V],
        *,
        threads: int,
        most_jobs: int,
        most_waiting: int,
        most_seconds: float = MOST_SECONDS,
    ) -> None:
        """As `ThreadedReads`; a statement of a job that runs for `most_seconds` is ended."""
        super().__init__(
            name,
            lambda: SnapshotAnswers(
                _Session(SQLiteSnapshots(folder, name, known=format_of(name)), view, most_seconds)
            ),
            threads=threads,
            most_jobs=most_jobs,
            most_waiting=most_waiting,
        )


class _Session(Generic[W]):
    """Implements `snapshot_answers.Session`."""

    def __init__(
        self, snapshots: SQLiteSnapshots, view: Callable[[sqlite3.Connection, int], W], most_seconds: float
    ) -> None:
        self._snapshots = snapshots
        self._view = view
        self._most_seconds = most_seconds

    @contextmanager
    def snapshot(self) -> Iterator[tuple[W, int]]:
        with self._snapshots.snapshot() as (db, position):
            # Once for the batch: set for each read it took a tenth of a point read's time.
            deadline = monotonic() + self._most_seconds
            db.set_progress_handler(lambda: monotonic() > deadline, _STEPS)
            try:
                yield self._view(db, position), position
            finally:
                db.set_progress_handler(None, 0)

    def translated(self) -> AbstractContextManager[None]:
        return translated()

    def close(self) -> None:
        self._snapshots.close()
