"""F01: SIGKILL of the server or its worker under load: nothing acknowledged is lost, nothing happens twice."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from eventstore.crashpoints import CRASHPOINTS
from tests.support.cluster import agree, new_chats
from tests.support.load import Load
from tests.support.server import Server


@pytest.mark.parametrize("point", [name for name in CRASHPOINTS if name.startswith("append-")])
def test_F01_killed_at_a_point(tmp_path: Path, point: str) -> None:
    """The worker dies at every 20th pass of the point, and the arbiter starts the next one."""

    async def scenario() -> None:
        workers = {server.worker}
        async with Load([server.url], await new_chats(server)) as load, asyncio.timeout(120):
            await load.grown(200)
            while len(workers) < 4:
                await load.grown(1)
                workers |= server.workers
        await agree(load, [server], f"sqlite:///{tmp_path}/data/log.db")

    with Server(tmp_path / "data", {"PARLEY_CRASHPOINT": f"{point}:20"}) as server:
        asyncio.run(scenario())


@pytest.mark.parametrize("rounds", [5, pytest.param(20, marks=pytest.mark.long)])
def test_F01_kill_under_load(tmp_path: Path, rounds: int) -> None:
    async def scenario() -> None:
        async with Load([server.url], await new_chats(server)) as load:
            for turn in range(rounds):
                await load.grown(100 + 37 * (turn % 5))
                if turn % 2:
                    # The arbiter starts another worker on the same port and folder.
                    os.kill(server.worker, signal.SIGKILL)
                else:
                    await asyncio.to_thread(server.kill)
                    await asyncio.to_thread(server.start)
            await load.grown(100)
        await agree(load, [server], f"sqlite:///{tmp_path}/data/log.db")

    with Server(tmp_path / "data") as server:
        asyncio.run(scenario())
