"""F10, F37: the database hangs, or connections to it do: requests end, /livez answers, and it heals."""

import asyncio
from pathlib import Path

import pytest

from tests.services.database import Database
from tests.support.client import Client
from tests.support.cluster import agree, cluster, new_chats
from tests.support.load import Load
from tests.support.proxy import Proxy
from tests.support.server import Server


async def status(server: Server, path: str) -> int:
    async with Client(server.url) as client:
        return (await client.get(path)).status


@pytest.mark.parametrize("seconds", [0, pytest.param(30, marks=pytest.mark.long)])
def test_F10_database_hung(tmp_path: Path, database: Database, log_url: str, seconds: int) -> None:
    """At least until each request that waited was told 503."""

    async def scenario() -> None:
        urls = [server.url for server in servers]
        async with Load(urls, await new_chats(servers[0])) as load:
            await load.grown(100)
            database.pause()
            await load.until("503", 32)
            for server in servers:
                assert [await status(server, "/livez"), await status(server, "/readyz")] == [200, 503]
            await asyncio.sleep(seconds)
            database.resume()
            await load.grown(100)
        assert {*load.history.ends} == {"201", "503"}
        await agree(load, servers, log_url)
        for server in servers:
            assert await status(server, "/readyz") == 200

    with cluster(tmp_path, log_url, 2, shared=True) as servers:
        asyncio.run(scenario())


@pytest.mark.parametrize("rounds", [1, pytest.param(20, marks=pytest.mark.long)])
def test_F37_half_open_connections(tmp_path: Path, database: Database, log_url: str, rounds: int) -> None:
    """All connections stall and stay open; new ones work. What was under way on the old ones comes late."""

    async def scenario() -> None:
        urls = [server.url for server in servers]
        async with Load(urls, await new_chats(servers[0])) as load:
            for _ in range(rounds):
                await load.grown(100)
                proxy.freeze()
                await load.grown(100)
                proxy.thaw()
                await load.grown(100)
        assert {*load.history.ends} <= {"201", "409", "503"}
        await agree(load, servers, log_url)

    with (
        Proxy("127.0.0.1", database.port) as proxy,
        cluster(tmp_path, proxy.through(log_url), 2) as servers,
    ):
        asyncio.run(scenario())
