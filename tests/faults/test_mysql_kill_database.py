"""F06: SIGKILL of the database under load, and its restart: nothing acknowledged is lost, nothing happens twice."""

import asyncio
from pathlib import Path

import pytest

from tests.services.database import Database
from tests.support.cluster import agree, cluster, new_chats
from tests.support.load import Load


@pytest.mark.parametrize("rounds", [5, pytest.param(50, marks=pytest.mark.long)])
def test_F06_database_killed_under_load(
    tmp_path: Path, database: Database, log_url: str, rounds: int
) -> None:
    async def scenario() -> None:
        urls = [server.url for server in servers]
        async with Load(urls, await new_chats(servers[0])) as load:
            for turn in range(rounds):
                await load.grown(50 + 37 * (turn % 5))
                await asyncio.to_thread(database.kill)
                await load.until("503")
                await asyncio.to_thread(database.start)
            await load.grown(100)
        # No process went away, and none let a client wait for ever.
        assert {*load.history.ends} == {"201", "503"}
        await agree(load, servers, log_url)

    with cluster(tmp_path, log_url, 2, shared=True) as servers:
        asyncio.run(scenario())
