"""Servers that share a database: one of them follows the log for both, and neither's clients notice which."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.client import Client
from tests.support.cluster import cluster
from tests.support.databases import new_database
from tests.support.role import Role
from tests.support.server import Server
from tests.support.waiting import until
from tests.support.walk import new_application, new_chat

POSTS = 10


@pytest.fixture(scope="module", params=["mariadb", pytest.param("mysql", marks=pytest.mark.long)])
def servers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Server]]:
    folder = tmp_path_factory.mktemp("shared")
    with new_database(request.param) as url, cluster(folder, url, 2, shared=True) as running:
        yield running


def test_each_servers_clients_read_what_they_have_written(servers: list[Server]) -> None:
    """A read that asks for no position waits for what its server has acknowledged, but not for long."""

    async def posts_seen(server: Server) -> int:
        seen = 0
        async with Client(server.url) as client:
            chat = await new_chat(client, await new_application(client))
            for number in range(1, POSTS + 1):
                assert (await client.post(f"{chat}/messages", {"body": "x"})).status == 201
                newest = await client.get(f"{chat}/messages?order=desc&limit=1")
                seen += [item["number"] for item in newest.json().get("items", [])] == [number]
        return seen

    for server in servers:
        assert asyncio.run(posts_seen(server)) > POSTS / 2


def test_what_one_has_acknowledged_the_other_serves_to_who_asks_for_it(servers: list[Server]) -> None:
    async def scenario() -> None:
        for here, there in (servers, servers[::-1]):
            async with Client(here.url) as writer, Client(there.url) as reader:
                chat = await new_chat(writer, await new_application(writer))
                posted = await writer.post(f"{chat}/messages", {"body": "needle"})
                position = posted.headers["log-position"]
                read = await reader.get(f"{chat}/messages/1", Min_Log_Position=position)
                assert read.json() == posted.json()
                found = await reader.get(f"{chat}/messages/search?q=needle", Min_Log_Position=position)
                assert [item["number"] for item in found.json()["items"]] == [1]

    asyncio.run(scenario())


def test_a_cursor_of_one_leads_on_at_the_other(servers: list[Server]) -> None:
    async def scenario() -> None:
        async with Client(servers[0].url) as one, Client(servers[1].url) as other:
            for _ in range(3):
                await new_application(one)
            first = (await one.get("/applications?limit=1")).json()
            second = await other.get(first["next"])
            assert second.status == 200
            assert second.json() == (await one.get(first["next"])).json()

    asyncio.run(scenario())


def test_who_shares_them_but_not_the_log_is_not_ready(tmp_path: Path) -> None:
    """What it acknowledges would never be seen, without a word."""

    async def post(server: Role) -> None:
        async with Client(server.url) as client:
            await new_application(client)

    with new_database("mariadb") as url, ExitStack() as stack:
        leader, other = (
            Role(tmp_path / f"{name}.log", "serve", PARLEY_READ_URL=url, PARLEY_DATA=str(tmp_path / name))
            for name in ("first", "second")
        )
        for server in (leader, other):
            stack.enter_context(server)
            until(lambda server=server: server.ready, "ready")
        asyncio.run(post(leader))
        until(lambda: not other.ready, "not ready")
        assert "another log" in other.readyz()[1]["projections"]["tables"]["error"]
        assert leader.ready
