"""The contract of reads from an event loop, for every engine."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing
from typing import Any

import pytest

from projections.readmodel.changes import Change, PutApplication, PutChat, PutMessage
from projections.readmodel.errors import NotThere, ReadModelError, ReadModelUnavailable
from projections.readmodel.open import open_control, open_tables
from projections.readmodel.reads import OwnedReads
from projections.readmodel.views import Page, TablesView
from tests.support.read_engines import READ_ENGINES, READ_PARAMS, ReadEngine, follow

AT = "2026-01-01T00:00:00.000000Z"

Body = Callable[[OwnedReads[TablesView]], Coroutine[Any, Any, None]]


@pytest.fixture(params=READ_PARAMS)
def engine(request: pytest.FixtureRequest) -> Iterator[ReadEngine]:
    with READ_ENGINES[request.param]() as engine:
        follow(engine.live("tables"), [PutApplication("a", "Desk", AT, AT), PutChat("a", 1, None, AT, AT)])
        yield engine


def run(engine: ReadEngine, body: Body) -> None:
    async def main() -> None:
        with closing(open_tables(engine.url)) as reads:
            await body(reads)

    asyncio.run(main())


def post(number: int) -> Change:
    return PutMessage("a", 1, number, 1, "x", None, AT, AT, number + 2)


def position_of(view: TablesView) -> int:
    return view.position


def test_a_read_tells_the_position_that_it_saw(engine: ReadEngine) -> None:
    async def body(reads: OwnedReads[TablesView]) -> None:
        assert await reads.read(position_of) == 2
        assert reads.position == 2

    run(engine, body)


def test_a_read_waits_for_its_position(engine: ReadEngine) -> None:
    """Nobody tells these reads of the follower: it could be in another process."""

    async def body(reads: OwnedReads[TablesView]) -> None:
        waiting = asyncio.create_task(reads.read(lambda view: view.messages("a", 1, Page(9)), 3))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        await asyncio.to_thread(follow, engine.live("tables"), [post(1)])
        rows = await asyncio.wait_for(waiting, 5)
        assert rows is not None
        assert [number for number, _ in rows] == [1]

    run(engine, body)


def test_a_word_from_the_follower_ends_the_wait_at_once(engine: ReadEngine) -> None:
    async def body(reads: OwnedReads[TablesView]) -> None:
        generation = engine.live("tables")
        waits = []
        for number in range(1, 21):
            waiting = asyncio.create_task(reads.read(position_of, number + 2))
            await asyncio.sleep(0.002)
            follow(generation, [post(number)])
            told_at = time.perf_counter()
            await asyncio.to_thread(reads.advance, number + 2)
            assert await waiting >= number + 2
            waits.append(time.perf_counter() - told_at)
        assert sorted(waits)[10] < 0.025, "the store is looked at every 50 ms only"

    run(engine, body)


def test_it_gives_up_in_time(engine: ReadEngine) -> None:
    async def body(reads: OwnedReads[TablesView]) -> None:
        started = time.perf_counter()
        with pytest.raises(NotThere) as caught:
            await reads.read(position_of, 99, 0.2)
        assert 0.15 < time.perf_counter() - started < 2
        assert (caught.value.asked, caught.value.reached) == (99, 2)
        with pytest.raises(NotThere):
            await reads.read(position_of, 99, 0)
        assert await reads.read(position_of, 2, 0) == 2

    run(engine, body)


def test_a_claim_that_is_not_true_harms_nobody(engine: ReadEngine) -> None:
    async def body(reads: OwnedReads[TablesView]) -> None:
        reads.advance(50)
        with pytest.raises(NotThere):
            await reads.read(position_of, 40, 0.2)
        assert await reads.read(position_of) == 2

    run(engine, body)


def test_an_error_reaches_only_who_caused_it(engine: ReadEngine) -> None:
    def broken(_: TablesView) -> int:
        raise LookupError("mine")

    async def body(reads: OwnedReads[TablesView]) -> None:
        queries = [broken if n % 3 == 0 else position_of for n in range(90)]
        answers = await asyncio.gather(*map(reads.read, queries), return_exceptions=True)
        for n, answer in enumerate(answers):
            assert isinstance(answer, LookupError) if n % 3 == 0 else answer == 2

    run(engine, body)


def test_a_cancelled_read_is_forgotten(engine: ReadEngine) -> None:
    async def body(reads: OwnedReads[TablesView]) -> None:
        release = threading.Event()
        # More than all threads take at a time.
        slow = [asyncio.create_task(reads.read(lambda _: release.wait(5))) for _ in range(40)]
        await asyncio.sleep(0.05)
        asked = []
        cancelled = asyncio.create_task(reads.read(lambda _: asked.append(1)))
        late = asyncio.create_task(reads.read(position_of, 99))
        await asyncio.sleep(0.05)
        cancelled.cancel()
        late.cancel()
        release.set()
        assert all(await asyncio.gather(*slow))
        assert await reads.read(position_of) == 2
        assert asked == []

    run(engine, body)


def test_closing_ends_what_waits(engine: ReadEngine) -> None:
    async def main() -> None:
        reads = open_tables(engine.url)
        waiting = asyncio.create_task(reads.read(position_of, 99))
        await asyncio.sleep(0.02)
        asked = [asyncio.create_task(reads.read(position_of)) for _ in range(5)]
        await asyncio.sleep(0)
        reads.close()
        for task in [waiting, *asked]:
            try:
                assert await asyncio.wait_for(task, 1) == 2
            except ReadModelUnavailable:
                continue
        assert isinstance(waiting.exception(), ReadModelUnavailable)
        with pytest.raises(ReadModelUnavailable):
            await reads.read(position_of)

    before = threading.active_count()
    asyncio.run(main())
    assert threading.active_count() == before


def test_a_store_that_is_not_there_is_unavailable(engine: ReadEngine) -> None:
    async def body(reads: OwnedReads[TablesView]) -> None:
        with pytest.raises(ReadModelUnavailable):
            await reads.read(position_of)
        assert issubclass(ReadModelUnavailable, ReadModelError)

    async def main() -> None:
        with closing(open_tables(engine.nowhere)) as reads:
            await body(reads)

    asyncio.run(main())


def test_a_slow_search_delays_no_point_read(engine: ReadEngine) -> None:
    async def main() -> None:
        engine.live("search")
        with closing(open_tables(engine.url)) as tables, closing(engine.search_reads()) as search:
            release = threading.Event()
            slow = [asyncio.create_task(search.read(lambda _: release.wait(10))) for _ in range(4)]
            await asyncio.sleep(0.02)
            assert await asyncio.wait_for(tables.read(position_of), 2) == 2
            release.set()
            assert all(await asyncio.gather(*slow))

    asyncio.run(main())


def test_readers_never_go_back_in_time_over_flips(engine: ReadEngine) -> None:
    """A follower appends, replays flip, readers ask: none sees less than it, or its position, has seen."""
    posts = 150
    stop = threading.Event()
    flips = []

    def follow_and_flip() -> None:
        everything: list[Change] = [PutApplication("a", "Desk", AT, AT), PutChat("a", 1, None, AT, AT)]
        with closing(open_control(engine.url)) as control:
            live = control.generation("tables", control.projection("tables").live, must_be_live=True)
            for number in range(1, posts + 1):
                everything.append(post(number))
                follow(live, everything[-1:])
                if number % 10 == 0:
                    to = control.generation("tables", control.start_building("tables"), must_be_live=False)
                    with live.hold():
                        follow(to, everything)
                        control.flip("tables", live.number, to.number)
                    live.close()
                    to.close()
                    flips.append(to.number)
                    control.drop_old("tables")
                    live = control.generation("tables", to.number, must_be_live=True)
            live.close()
        stop.set()

    def look(view: TablesView) -> tuple[int, int]:
        rows = view.messages("a", 1, Page(1000))
        assert rows is not None
        return view.position, len(rows)

    async def reader(reads: OwnedReads[TablesView]) -> int:
        last = asked = 0
        while not stop.is_set():
            position, count = await reads.read(look, last)
            assert count == position - 2, "rows and position are of one snapshot"
            assert position >= last
            last = position
            asked += 1
        return asked

    async def body(reads: OwnedReads[TablesView]) -> None:
        follower = asyncio.create_task(asyncio.to_thread(follow_and_flip))
        asked = await asyncio.gather(*(reader(reads) for _ in range(8)))
        await follower
        assert sum(asked) > 100
        assert len(flips) == posts // 10
        assert await reads.read(position_of) == posts + 2

    run(engine, body)
