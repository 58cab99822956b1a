"""One of several processes on a log is frozen while it holds locks: the others go on, and it does no harm later."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.cluster import agree, cluster, new_chats, one_server
from tests.support.load import Load


def is_frozen(process: int) -> bool:
    """Whether it was stopped by a signal."""
    return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(") ")[2].startswith("T")


@asynccontextmanager
async def thawed(process: int) -> AsyncIterator[None]:
    """Lets it go on at the end, whatever happens."""
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.long)])
@pytest.mark.parametrize("point", ["append-before-commit", "append-after-commit"])
def test_F01_frozen_at_a_point(tmp_path: Path, log_url: str, point: str, rounds: int) -> None:
    """Before its COMMIT a process holds the rows of all chats that it writes to; after it, only the answers."""

    async def scenario() -> None:
        chats = await new_chats(living[0])
        urls = [server.url for server in (*living, freezing)]
        async with Load(urls, chats, patience=3) as load:
            for _ in range(rounds):
                worker = freezing.worker
                async with asyncio.timeout(60):
                    while not is_frozen(worker):
                        await load.grown(1)
                async with thawed(worker):
                    await load.grown(60)
                    # Long enough for those who asked it to go elsewhere.
                    await load.until("late")
                await load.grown(60)
                # Its successor will freeze, too.
                os.kill(worker, signal.SIGKILL)
                while worker in freezing.workers:
                    await load.grown(1)
        await agree(load, [*living, freezing], log_url)

    with (
        cluster(tmp_path, log_url, 2) as living,
        one_server(tmp_path / "freezing", log_url, PARLEY_CRASHPOINT=f"{point}:30:stop") as freezing,
    ):
        asyncio.run(scenario())


@pytest.mark.parametrize("rounds", [3, pytest.param(50, marks=pytest.mark.long)])
def test_F01_frozen_anywhere(tmp_path: Path, log_url: str, rounds: int) -> None:
    dice = random.Random(rounds)

    async def scenario() -> None:
        urls = [server.url for server in servers]
        async with Load(urls, await new_chats(servers[0]), patience=3) as load:
            for _ in range(rounds):
                worker = dice.choice(servers).worker
                os.kill(worker, signal.SIGSTOP)
                async with thawed(worker):
                    await load.grown(60)
                await load.grown(60)
        await agree(load, servers, log_url)

    with cluster(tmp_path, log_url, 3) as servers:
        asyncio.run(scenario())
