"""The read tables are on another server than the log, and that one dies or hangs: writes go on, and reads heal."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.services.database import Database
from tests.support.client import Client
from tests.support.cluster import agree, cluster, new_chats
from tests.support.databases import new_database
from tests.support.load import Load
from tests.support.server import Server


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """A new database for the log, on the server that all tests share."""
    with new_database("mariadb") as url:
        yield url


@pytest.fixture
def servers(tmp_path: Path, elsewhere: str, log_url: str) -> Iterator[list[Server]]:
    """Two that share both; the read tables are on the module's own server."""
    with cluster(tmp_path, elsewhere, 2, PARLEY_READ_URL=log_url) as running:
        yield running


async def statuses(server: Server, chat: str) -> list[int]:
    """Of a read, and of the server's health."""
    async with Client(server.url) as client:
        return [(await client.get(path)).status for path in (chat, "/livez")]


async def under_load(
    servers: list[Server], log_url: str, away: Callable[[], object], back: Callable[[], object]
) -> None:
    """Commands are all answered while the read tables are away; in the end everybody agrees."""
    chats = await new_chats(servers[0])
    async with Load([server.url for server in servers], chats) as load:
        await load.grown(100)
        await asyncio.to_thread(away)
        try:
            await load.grown(100)
            asked: list[Awaitable[list[int]]] = [statuses(server, chats[0]) for server in servers]
            assert await asyncio.gather(*asked) == [[503, 200]] * 2
            await load.grown(100)
        finally:
            await asyncio.to_thread(back)
        await load.grown(100)
    assert {*load.history.ends} == {"201"}
    await agree(load, servers, log_url)
    for server in servers:
        assert await statuses(server, chats[0]) == [200, 200]


def test_F06_read_tables_server_killed(servers: list[Server], elsewhere: str, database: Database) -> None:
    asyncio.run(under_load(servers, elsewhere, database.kill, database.start))


def test_F10_read_tables_server_hung(servers: list[Server], elsewhere: str, database: Database) -> None:
    asyncio.run(under_load(servers, elsewhere, database.pause, database.resume))
