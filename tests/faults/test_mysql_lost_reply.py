"""F07: the reply to COMMIT is lost in every way there is: the outcome is found out, and nothing happens twice."""

import asyncio
from pathlib import Path

import pytest

from tests.services.database import Database
from tests.support.cluster import agree, cluster, new_chats
from tests.support.load import Load
from tests.support.proxy import Cut, Proxy


@pytest.mark.parametrize("rounds", [4, pytest.param(50, marks=pytest.mark.long)])
@pytest.mark.parametrize(
    ("how", "seconds"),
    [
        pytest.param(Cut.BEFORE, 0, id="before"),
        pytest.param(Cut.REPLY_LOST, 0, id="reply lost"),
        pytest.param(Cut.UNANSWERED, 3, id="server goes on"),
        pytest.param(Cut.HELD, 0.01, id="late"),
        pytest.param(Cut.HELD, 3, id="very late"),
    ],
)
def test_F07_commit_without_an_answer(
    tmp_path: Path, database: Database, log_url: str, how: Cut, seconds: float, rounds: int
) -> None:
    async def scenario() -> None:
        urls = [server.url for server in servers]
        async with Load(urls, await new_chats(servers[0])) as load:
            for turn in range(1, rounds + 1):
                proxy.cut_on(b"COMMIT", how, seconds=seconds)
                async with asyncio.timeout(60):
                    while proxy.counts[how.name] < turn:
                        await load.grown(1)
                await load.grown(50)
        assert load.history.ends["lost"] == load.history.ends["late"] == 0
        if how is Cut.HELD:
            async with asyncio.timeout(60):
                while proxy.counts["late"] < rounds:
                    await asyncio.sleep(0.01)
        await agree(load, servers, log_url)

    with (
        Proxy("127.0.0.1", database.port) as proxy,
        cluster(tmp_path, f"{proxy.through(log_url)}?ssl-mode=disabled", 2) as servers,
    ):
        asyncio.run(scenario())
