"""Who waits for a position is woken when it is reached, whatever became of the others."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projections.readmodel import progress as progress_module
from projections.readmodel.errors import NotThere, WrongFormat
from projections.readmodel.progress import Progress

LONG = 30.0

positions = st.integers(1, 12)
waits = st.tuples(st.just("wait"), positions)
brief_waits = st.tuples(st.just("wait briefly"), positions)
gives_up = st.tuples(st.just("give up"), st.integers(0, 30))
advances = st.tuples(st.just("advance"), st.integers(1, 3))
turns = st.tuples(st.just("turn"), st.integers(1, 6))


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_module, "LOOK_EVERY", 0)


async def nothing_new() -> int:
    return 0


async def turn(number: int = 6) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


def run(body: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(body())


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.one_of(waits, waits, brief_waits, gives_up, advances, turns), max_size=40))
def test_every_waiter_whose_position_is_reached_is_woken(steps: Sequence[tuple[str, int]]) -> None:
    async def body() -> None:
        progress = Progress(nothing_new)
        waiting: list[tuple[int, asyncio.Task[None]]] = []
        brief: list[asyncio.Task[None]] = []
        for step, number in steps:
            if step == "wait":
                waiting.append((number, asyncio.create_task(progress.wait(number, LONG))))
            elif step == "wait briefly":
                brief.append(asyncio.create_task(progress.wait(number, 0)))
            elif step == "give up" and waiting:
                waiting.pop(number % len(waiting))[1].cancel()
            elif step == "advance":
                progress.advance(progress.position + number)
            else:
                await turn(number)
        await turn()
        assert [number for number, task in waiting if task.done() != (number <= progress.position)] == []
        for outcome in await asyncio.gather(*brief, return_exceptions=True):
            assert outcome is None or isinstance(outcome, NotThere)

    run(body)


def test_a_wait_ends_in_time() -> None:
    async def body() -> None:
        progress = Progress(nothing_new)
        late = asyncio.create_task(progress.wait(5, LONG))
        with pytest.raises(NotThere):
            await progress.wait(3, 0.001)
        progress.advance(5)
        await asyncio.wait_for(late, 5)

    run(body)


def test_whatever_a_look_raises_it_is_looked_again(caplog: pytest.LogCaptureFixture) -> None:
    errors: list[Exception] = [
        WrongFormat("format 2"),
        OSError("no descriptors"),
        ZeroDivisionError("a defect"),
    ]

    async def look() -> int:
        if errors:
            raise errors.pop()
        return 7

    async def body() -> None:
        progress = Progress(look)
        await progress.wait(7, 5)
        assert progress.position == 7

    run(body)
    assert len(caplog.records) == 3


class Store:
    """What is looked at, and how often it was."""

    def __init__(self, position: int = 0) -> None:
        self.position = position
        self.looks = 0

    async def look(self) -> int:
        self.looks += 1
        await turn(1)
        return self.position


def test_a_word_makes_those_who_wait_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_module, "LOOK_EVERY", LONG)
    store = Store()

    async def body() -> None:
        progress = Progress(store.look)
        for position in (1, 2, 3):
            waiting = asyncio.create_task(progress.wait(position, LONG))
            await turn()
            store.position = position
            progress.hear(position)
            await asyncio.wait_for(waiting, 5)
        progress.close()

    run(body)
    assert store.looks == 3


def test_a_word_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs one look, however many of them come."""
    monkeypatch.setattr(progress_module, "LOOK_EVERY", LONG)
    store = Store()

    async def body() -> None:
        progress = Progress(store.look)
        waiting = asyncio.create_task(progress.wait(5, LONG))
        await turn()
        for _ in range(100):
            progress.hear(10**18)
            await turn()
        assert (store.looks, progress.position, waiting.done()) == (1, 0, False)
        progress.advance(5)
        await asyncio.wait_for(waiting, 5)
        progress.close()

    run(body)


def test_a_word_that_helps_nobody_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_module, "LOOK_EVERY", LONG)
    store = Store()

    async def body() -> None:
        progress = Progress(store.look)
        progress.hear(9)
        waiting = asyncio.create_task(progress.wait(5, LONG))
        await turn()
        progress.hear(4)
        await turn()
        assert store.looks == 0
        progress.close()
        await asyncio.gather(waiting, return_exceptions=True)

    run(body)


def test_who_spoke_too_early_is_heard_again_after_the_next_look() -> None:
    store = Store()

    async def body() -> None:
        progress = Progress(store.look)
        waiting = asyncio.create_task(progress.wait(5, LONG))
        await turn()
        progress.hear(5)
        await turn(20)
        store.position = 5
        progress.hear(5)
        await asyncio.wait_for(waiting, 5)

    run(body)
    assert store.looks >= 2
