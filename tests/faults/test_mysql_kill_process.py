"""F01 on MySQL: one of several processes on a log dies; nothing acknowledged is lost, nothing happens twice."""

import asyncio
import os
import random
import signal
from pathlib import Path

import pytest

from eventstore.crashpoints import CRASHPOINTS
from tests.support.cluster import agree, cluster, new_chats, one_server
from tests.support.load import Load


@pytest.mark.parametrize("point", [name for name in CRASHPOINTS if name.startswith("append-")])
def test_F01_killed_at_a_point(tmp_path: Path, log_url: str, point: str) -> None:
    """One worker of two dies at every 20th pass of the point."""

    async def scenario() -> None:
        workers = {dying.worker}
        async with Load([dying.url, living.url], await new_chats(living)) as load:
            async with asyncio.timeout(120):
                while len(workers) < 3:
                    await load.grown(1)
                    workers |= dying.workers
        await agree(load, [dying, living], log_url)

    with (
        one_server(tmp_path / "dying", log_url, PARLEY_CRASHPOINT=f"{point}:20") as dying,
        one_server(tmp_path / "living", log_url) as living,
    ):
        asyncio.run(scenario())


@pytest.mark.parametrize("rounds", [5, pytest.param(50, marks=pytest.mark.long)])
def test_F01_kill_under_load(tmp_path: Path, log_url: str, rounds: int) -> None:
    """As often as not it is the one that follows for all of them."""
    dice = random.Random(rounds)

    async def scenario() -> None:
        urls = [server.url for server in servers]
        async with Load(urls, await new_chats(servers[0])) as load:
            for turn in range(rounds):
                await load.grown(100)
                server = dice.choice(servers)
                if turn % 2:
                    os.kill(server.worker, signal.SIGKILL)
                else:
                    await asyncio.to_thread(server.kill)
                    await load.grown(50)
                    await asyncio.to_thread(server.start)
            await load.grown(100)
        assert load.history.ends["lost"]
        await agree(load, servers, log_url)

    with cluster(tmp_path, log_url, 3, shared=True) as servers:
        asyncio.run(scenario())
