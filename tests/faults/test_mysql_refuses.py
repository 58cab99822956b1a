"""F11, F12: the database takes no writes, or no connections, for a while: 503, and it heals."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pymysql
import pytest

from engines.server_url import parse_mysql
from tests.services.database import Database
from tests.support.cluster import agree, cluster, new_chats
from tests.support.load import Load

if TYPE_CHECKING:
    from pymysql.connections import Connection


@pytest.fixture
def admin(database: Database) -> Iterator["Connection[Any]"]:
    database.start()
    with closing(database.admin()) as connection:
        yield connection


def test_F11_database_turned_read_only(tmp_path: Path, admin: "Connection[Any]", log_url: str) -> None:
    async def scenario() -> None:
        async with Load([server.url for server in servers], await new_chats(servers[0])) as load:
            await load.grown(100)
            await asyncio.to_thread(admin.query, "SET GLOBAL read_only = 1")
            await load.until("503", 50)
            admin.query("SET GLOBAL read_only = 0")
            await load.grown(100)
        assert {*load.history.ends} == {"201", "503"}
        await agree(load, servers, log_url)

    with cluster(tmp_path, log_url, 2) as servers:
        asyncio.run(scenario())


def take_all(others: ExitStack, log_url: str) -> None:
    """Take each connection that the server gives."""
    target = parse_mysql(log_url)
    # Refused at the end, since there are too many.
    with suppress(pymysql.OperationalError):
        while True:
            others.enter_context(
                closing(
                    pymysql.connect(
                        host=target.host, port=target.port, user=target.user, password=target.password
                    )
                )
            )


def kill_all(admin: "Connection[Any]", log_url: str) -> None:
    """End all connections to the log's database."""
    with admin.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM information_schema.processlist WHERE db = %s", (parse_mysql(log_url).database,)
        )
        for (connection,) in cursor.fetchall():
            # It may have ended by itself.
            with suppress(pymysql.OperationalError):
                cursor.execute("KILL %s", (connection,))


def test_F12_too_many_connections(tmp_path: Path, admin: "Connection[Any]", log_url: str) -> None:
    """Others take every connection as soon as it is free; the processes lose theirs."""

    async def scenario(others: ExitStack) -> None:
        async with Load([server.url for server in servers], await new_chats(servers[0])) as load:
            await load.grown(100)
            admin.query("SET GLOBAL max_connections = 10")
            async with asyncio.timeout(60):
                while load.history.ends["503"] < 20:
                    await asyncio.to_thread(take_all, others, log_url)
                    await asyncio.to_thread(kill_all, admin, log_url)
            others.close()
            await load.grown(100)
            # The processes may hold all ten of them again, and who looks at the log needs some, too.
            admin.query("SET GLOBAL max_connections = 151")
        assert {*load.history.ends} == {"201", "503"}
        await agree(load, servers, log_url)

    with cluster(tmp_path, log_url, 2) as servers, ExitStack() as others:
        try:
            asyncio.run(scenario(others))
        finally:
            admin.query("SET GLOBAL max_connections = 151")
