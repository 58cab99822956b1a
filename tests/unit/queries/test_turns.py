"""One application waits for its own reads, never for a thread that another one's queue holds."""

import asyncio

import pytest

from projections.readmodel.errors import ReadModelUnavailable
from queries.http.turns import Turns


async def hold(turns: Turns, owner: str, name: str, entered: list[str], release: asyncio.Event) -> None:
    async with turns.of(owner):
        entered.append(name)
        await release.wait()


def test_one_owner_has_so_many_turns_and_another_its_own() -> None:
    async def main() -> None:
        turns, entered, release = Turns(2, 9), list[str](), asyncio.Event()
        tasks = [asyncio.create_task(hold(turns, name[0], name, entered, release)) for name in NAMES]
        await asyncio.sleep(0.01)
        assert entered == ["a1", "a2", "b1"]
        release.set()
        await asyncio.gather(*tasks)
        assert entered == ["a1", "a2", "b1", "a3", "a4"]
        assert (turns._turns, turns._count) == ({}, {})

    NAMES = ("a1", "a2", "a3", "a4", "b1")
    asyncio.run(main())


def test_a_cancelled_one_gives_its_turn_to_the_next() -> None:
    async def main() -> None:
        turns, entered, release = Turns(1, 9), list[str](), asyncio.Event()
        tasks = [asyncio.create_task(hold(turns, "a", name, entered, release)) for name in "xyz"]
        await asyncio.sleep(0.01)
        tasks[0].cancel()
        tasks[1].cancel()
        await asyncio.sleep(0.01)
        assert entered == ["x", "z"]
        release.set()
        await tasks[2]
        assert (turns._turns, turns._count) == ({}, {})

    asyncio.run(main())


def test_too_many_of_one_owner_are_refused_at_once() -> None:
    async def main() -> None:
        turns, release = Turns(1, 2), asyncio.Event()
        tasks = [asyncio.create_task(hold(turns, "a", "", [], release)) for _ in range(2)]
        await asyncio.sleep(0.01)
        with pytest.raises(ReadModelUnavailable):
            await hold(turns, "a", "", [], release)
        release.set()
        await hold(turns, "b", "", [], release)
        await asyncio.gather(*tasks)

    asyncio.run(main())
