"""Answers a batch of reads from one snapshot."""

from collections import deque
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Generic, Protocol, TypeVar

from projections.readmodel.errors import NotThere
from projections.readmodel.threaded_reads import Job

W = TypeVar("W", covariant=True)


class Session(Protocol[W]):
    """One thread's way to the store."""

    def snapshot(self) -> AbstractContextManager[tuple[W, int]]:
        """A view, and the position that it includes. Raises ReadModelUnavailable."""

    def translated(self) -> AbstractContextManager[None]:
        """Makes the driver's errors the read models' own, around one query."""

    def close(self) -> None:
        """Give back what is open."""


class SnapshotAnswers(Generic[W]):
    """Implements `threaded_reads.Answers`."""

    def __init__(self, session: Session[W]) -> None:
        self._session = session

    def answer(self, batch: Sequence[Job]) -> int:
        unasked = deque(batch)
        try:
            with self._session.snapshot() as (view, position):
                while unasked:
                    self._ask(unasked.popleft(), view, position)
        except Exception as error:  # noqa: BLE001 - this thread must outlive whatever a batch meets
            for job in unasked:
                job.error = error
            return 0
        return position

    def close(self) -> None:
        self._session.close()

    def _ask(self, job: Job, view: object, position: int) -> None:
        if job.future.cancelled():
            return
        if position < job.min_position:
            job.error = NotThere(job.min_position, position)
            return
        try:
            with self._session.translated():
                job.result = job.query(view)
        except Exception as error:  # noqa: BLE001 - it belongs to the one who asked
            job.error = error
