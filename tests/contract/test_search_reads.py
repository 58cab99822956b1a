"""The contract of reads of the search index: its position is what readers find, wherever the index is kept."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing
from typing import Any

import pytest

from projections.readmodel.changes import Change, PutMessage
from projections.readmodel.errors import NotThere, ReadModelUnavailable
from projections.readmodel.reads import OwnedReads
from projections.readmodel.store import Checkpoint
from projections.readmodel.views import Page, SearchView
from tests.support.read_engines import ENGINE_PARAMS, ENGINES, ReadEngine, checkpoint, follow

AT = "2026-01-01T00:00:00.000000Z"

Body = Callable[[OwnedReads[SearchView]], Coroutine[Any, Any, None]]


@pytest.fixture(params=ENGINE_PARAMS)
def engine(request: pytest.FixtureRequest) -> Iterator[ReadEngine]:
    with ENGINES[request.param]() as engine:
        yield engine


def post(number: int) -> Change:
    return PutMessage("a", 1, number, 1, f"message {number}", None, AT, AT, number)


def position_of(view: SearchView) -> int:
    return view.position


def total_of(view: SearchView) -> int:
    return view.find("a", 1, "message", Page(1)).total


def run(engine: ReadEngine, body: Body) -> None:
    async def main() -> None:
        with closing(engine.search_reads()) as reads:
            await body(reads)

    asyncio.run(main())


def test_what_is_applied_is_searchable(engine: ReadEngine) -> None:
    live = engine.live("search")

    async def body(reads: OwnedReads[SearchView]) -> None:
        for number in range(1, 11):
            await asyncio.to_thread(follow, live, [post(number)])
            assert await reads.read(total_of, number, 0.5) == number
            assert await reads.read(position_of) == number

    run(engine, body)


def test_a_read_waits_for_its_position(engine: ReadEngine) -> None:
    live = engine.live("search")

    async def body(reads: OwnedReads[SearchView]) -> None:
        waiting = asyncio.create_task(reads.read(total_of, 1))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        await asyncio.to_thread(follow, live, [post(1)])
        assert await asyncio.wait_for(waiting, 5) == 1
        with pytest.raises(NotThere) as caught:
            await reads.read(total_of, 9, 0.1)
        assert (caught.value.asked, caught.value.reached) == (9, 1)

    run(engine, body)


def test_nothing_is_found_before_there_is_an_index(engine: ReadEngine) -> None:
    async def body(reads: OwnedReads[SearchView]) -> None:
        with pytest.raises(ReadModelUnavailable):
            await reads.read(total_of)
        await asyncio.to_thread(engine.live, "search")
        assert await reads.read(total_of) == 0

    run(engine, body)


def test_what_is_built_is_searchable_when_it_is_finished(engine: ReadEngine) -> None:
    follow(engine.live("search"), [post(1)])
    building = engine.control.start_building("search")
    rebuilt = engine.open("search", building, must_be_live=False)
    follow(rebuilt, [post(number) for number in range(1, 11)], 3)
    rebuilt.finish()
    follow(rebuilt, [post(11)])
    with engine.live("search").hold():
        engine.control.flip("search", 1, building)
    assert engine.position("search") == 11
    assert engine.search(total_of, 11) == 11


def test_readers_never_go_back_in_time_over_flips(engine: ReadEngine) -> None:
    """A follower appends, replays flip, readers ask: none sees less than its position, or than it has seen."""
    posts = 60
    stop = threading.Event()

    def follow_and_flip() -> None:
        with closing(engine.another_control()) as control:
            live = control.generation("search", control.projection("search").live, must_be_live=True)
            for number in range(1, posts + 1):
                follow(live, [post(number)])
                if number % 15 == 0:
                    to = control.generation("search", control.start_building("search"), must_be_live=False)
                    follow(to, [post(n) for n in range(1, number - 3)])
                    to.finish()
                    with live.hold():
                        follow(to, [post(n) for n in range(number - 3, number + 1)])
                        control.flip("search", live.number, to.number)
                    live.close()
                    to.close()
                    control.drop_old("search")
                    live = control.generation("search", to.number, must_be_live=True)
            live.close()
        stop.set()

    def look(view: SearchView) -> tuple[int, int]:
        return view.position, total_of(view)

    async def reader(reads: OwnedReads[SearchView]) -> int:
        last = asked = 0
        while not stop.is_set():
            position, total = await reads.read(look, last)
            assert total >= position, "an index may have more than its position says, not less"
            assert position >= last
            last = position
            asked += 1
        return asked

    async def body(reads: OwnedReads[SearchView]) -> None:
        await asyncio.to_thread(engine.live, "search")
        follower = asyncio.create_task(asyncio.to_thread(follow_and_flip))
        asked = await asyncio.gather(*(reader(reads) for _ in range(4)))
        await follower
        assert sum(asked) > 50
        assert await reads.read(position_of) == posts

    run(engine, body)


def test_a_follower_shows_what_one_before_it_did_not(engine: ReadEngine) -> None:
    live = engine.live("search")
    follow(live, [post(1)])
    building = engine.control.start_building("search")
    unfinished = engine.open("search", building, must_be_live=False)
    unfinished.apply([post(1)], Checkpoint(), checkpoint(1))
    with live.hold():
        engine.control.flip("search", 1, building)
    assert engine.live("search").checkpoint() == checkpoint(1)
    assert engine.search(total_of, 1) == 1
