"""F10: a store that hangs keeps no reader waiting without bound, nor the end of the process."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from projections.readmodel import threaded_reads
from projections.readmodel.errors import ReadModelUnavailable
from projections.readmodel.threaded_reads import Job, ThreadedReads


class Hanging:
    """Implements `threaded_reads.Answers`: answers nothing until it is released."""

    def __init__(self) -> None:
        self.asked, self.released = threading.Event(), threading.Event()
        self.answered = 0

    def answer(self, batch: Sequence[Job]) -> int:
        self.asked.set()
        assert self.released.wait(30)
        for job in batch:
            if not job.future.cancelled():
                job.result = job.query(None)
                self.answered += 1
        return 0

    def close(self) -> None:
        pass


def reads_of(store: Hanging, answer_seconds: float) -> ThreadedReads[Any]:
    return ThreadedReads(
        "tables", lambda: store, threads=1, most_jobs=1, most_waiting=9, answer_seconds=answer_seconds
    )


def test_a_read_is_given_up_in_the_queue_and_before_its_answer() -> None:
    async def body() -> None:
        store = Hanging()
        reads = reads_of(store, 0.05)
        both = await asyncio.gather(*(reads.read(lambda _: 1) for _ in range(2)), return_exceptions=True)
        assert [type(error) for error in both] == [ReadModelUnavailable] * 2
        assert str(both[0]) == "the tables did not answer within 0.05 s"
        store.released.set()
        assert await reads.read(lambda _: 2) == 2
        assert store.answered == 1
        reads.close()

    asyncio.run(asyncio.wait_for(body(), 20))


def test_closing_refuses_what_waits_and_leaves_a_thread_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threaded_reads, "GOOD_BYE_SECONDS", 0.05, raising=False)

    async def body() -> None:
        store = Hanging()
        reads = reads_of(store, 20)
        asked = [asyncio.create_task(reads.read(lambda _: 1)) for _ in range(3)]
        await asyncio.to_thread(store.asked.wait, 20)
        reads.close()
        assert not store.released.is_set()
        for waiting in asked[1:]:
            with pytest.raises(ReadModelUnavailable):
                await waiting
        store.released.set()
        assert await asked[0] == 1

    asyncio.run(asyncio.wait_for(body(), 20))
