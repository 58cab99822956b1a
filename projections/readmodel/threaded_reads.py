"""Reads from an event loop: threads beside it take what waits in batches, and answer it from the store."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

from projections.readmodel.errors import NotThere, ReadModelUnavailable
from projections.readmodel.progress import LOOK_EVERY, Progress

T = TypeVar("T")
V = TypeVar("V")

ANSWER_SECONDS = 10.0
"""How long a read waits for its turn and its answer. A statement is ended before that, see `reads.MOST_SECONDS`; a
server that hangs, and those who queue for it, are not."""
GOOD_BYE_SECONDS = 2.0

logger = logging.getLogger(__name__)


class Job:
    """A read that waits: `query` is to be asked of a view, and what that gives or raises to be noted."""

    __slots__ = ("error", "future", "min_position", "query", "result")

    def __init__(self, query: Callable[[Any], Any], min_position: int, future: "asyncio.Future[Any]") -> None:
        self.query = query
        self.min_position = min_position
        self.future = future
        self.result: Any = None
        self.error: Exception | None = None


class Answers(Protocol):
    """One thread's way to the store; made, used and closed on that thread."""

    def answer(self, batch: Sequence[Job]) -> int:
        """Note result or error of each job that is not cancelled; the highest position that was seen, 0 for none.

        Raises nothing: this thread must outlive whatever a batch meets.
        """

    def close(self) -> None:
        """Give back what is open."""


class ThreadedReads(Generic[V]):
    """Implements `reads.OwnedReads` for one event loop."""

    def __init__(
        self,
        name: str,
        open_answers: Callable[[], Answers],
        *,
        threads: int,
        most_jobs: int,
        most_waiting: int,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        """`most_jobs` are answered together; more than `most_waiting` are refused, and what is not answered within
        `answer_seconds` is given up.

        Each thread opens its own answers, which must not fail: the store may come later.
        """
        self._name = name
        self._open_answers = open_answers
        self._most_jobs = most_jobs
        self._most_waiting = most_waiting
        self._answer_seconds = answer_seconds
        self._progress = Progress(self._look)
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._run, name=f"{name}-reads-{n}", daemon=True) for n in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def position(self) -> int:
        return self._progress.position

    def advance(self, position: int) -> None:
        self._progress.advance(position)

    def hear(self, position: int) -> None:
        self._progress.hear(position)

    async def read(self, query: Callable[[V], T], min_position: int = 0, wait: float = 5.0) -> T:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait
        while True:
            if self._progress.position < min_position:
                await self._progress.wait(min_position, deadline - loop.time())
            if self._closed:
                raise ReadModelUnavailable("the reads are closed")
            if self._jobs.qsize() >= self._most_waiting:
                raise ReadModelUnavailable(f"{self._most_waiting} reads of {self._name} wait already")
            future: asyncio.Future[T] = loop.create_future()
            self._jobs.put(Job(query, min_position, future))
            try:
                # A job that is given up is cancelled, and nobody's turn is spent on it.
                async with asyncio.timeout(self._answer_seconds):
                    return await future
            except TimeoutError:
                raise ReadModelUnavailable(
                    f"the {self._name} did not answer within {self._answer_seconds:g} s"
                ) from None
            except NotThere:
                # A store that lost its tail is behind what this process knows, until it is followed again.
                if loop.time() >= deadline:
                    raise
                await asyncio.sleep(LOOK_EVERY)

    def close(self) -> None:
        self._closed = True
        self._progress.close()
        self._refuse_all()
        for _ in self._threads:
            self._jobs.put(None)
        # One that a server keeps hanging is left to its end: this is called on the loop.
        until = time.monotonic() + GOOD_BYE_SECONDS
        for thread in self._threads:
            thread.join(max(0, until - time.monotonic()))

    def _refuse_all(self) -> None:
        """Give up what waits for its turn."""
        try:
            while True:
                job = self._jobs.get_nowait()
                if job is not None and not job.future.done():
                    job.future.set_exception(ReadModelUnavailable("the reads are closed"))
        except Empty:
            pass

    async def _look(self) -> int:
        return await self.read(_position)

    def _run(self) -> None:
        answers = self._open_answers()
        while (batch := self._take()) is not None:
            self._progress.advance(answers.answer(batch))
            self._deliver(batch)
        answers.close()

    def _take(self) -> list[Job] | None:
        first = self._jobs.get()
        if first is None:
            return None
        batch = [first]
        try:
            while len(batch) < self._most_jobs:
                job = self._jobs.get_nowait()
                if job is None:
                    # It ends one thread; the next look finds it again.
                    self._jobs.put(None)
                    break
                batch.append(job)
        except Empty:
            pass
        return batch

    def _deliver(self, batch: Sequence[Job]) -> None:
        try:
            batch[0].future.get_loop().call_soon_threadsafe(_resolve, batch)
        except RuntimeError:
            logger.debug("%d answers had no one left to wait for them", len(batch))


def _position(view: Any) -> int:
    position: int = view.position
    return position


def _resolve(batch: Sequence[Job]) -> None:
    for job in batch:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)
