"""F36: the database is not there yet when a process starts: it waits with a clear line, then it is ready."""

import asyncio
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from engines.server_url import parse_mysql
from tests.services.database import Database
from tests.support.client import Client
from tests.support.cluster import one_server
from tests.support.server import Server
from tests.support.waiting import until


def takes_commands(server: Server) -> str:
    """Makes an application, and reads it; gives its path."""

    async def create() -> str:
        async with Client(server.url) as client:
            created = await client.post("/applications", {"name": "test"})
            application, position = created.headers["location"], created.headers["log-position"]
            assert (await client.get(application, Min_Log_Position=position)).status == 200
            return application

    return asyncio.run(create())


def test_F36_database_comes_after_the_start(tmp_path: Path, database: Database, log_url: str) -> None:
    database.kill()
    server = one_server(tmp_path / "data", log_url, shared=True)
    target = parse_mysql(log_url)

    def says_that_it_waits() -> bool:
        return server.log.exists() and f"waiting: no connection to the log's server {target.shown}" in (
            server.log.read_text(encoding="utf-8")
        )

    with ThreadPoolExecutor(1) as pool, ExitStack() as stack:
        stack.push(server)
        starting = pool.submit(server.start)
        try:
            until(says_that_it_waits, "the line that says so")
            assert not starting.done()
        finally:
            database.start()
        starting.result()
        takes_commands(server)
    assert target.password not in server.log.read_text(encoding="utf-8")


@pytest.mark.parametrize("shared", [True, False], ids=["read tables there", "read tables in files"])
def test_F36_database_comes_after_a_worker(
    tmp_path: Path, database: Database, log_url: str, shared: bool
) -> None:
    """The arbiter starts another worker while the database is away: it answers 503, but for what it has in files."""

    async def without_database() -> None:
        async with Client(server.url) as client:
            assert (await client.get("/livez")).status == 200
            assert (await client.get(application)).status == (503 if shared else 200)
            assert (await client.get("/readyz")).status == 503
            refused = await client.post("/applications", {"name": "later"})
            assert (refused.status, refused.headers["retry-after"]) == (503, "1")

    with one_server(tmp_path / "data", log_url, shared=shared) as server:
        application = takes_commands(server)
        database.kill()
        killed = server.worker
        os.kill(killed, signal.SIGKILL)
        until(lambda: server.workers - {killed}, "another worker")
        asyncio.run(without_database())
        database.start()
        until(server.is_ready, "ready")
        takes_commands(server)
