"""F10, F36: the processes of a cluster and a database that comes late, hangs, goes away, or forgets a lock."""

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from engines.mysql_connection import connect
from engines.server_url import parse_mysql
from tests.e2e.test_processes import ROLES, story
from tests.services.database import Database
from tests.support.client import Client
from tests.support.role import Role
from tests.support.waiting import until


@pytest.fixture
def roles(tmp_path: Path, log_url: str) -> Iterator[list[Role]]:
    """All of them, on one database; the search index is in files. None is started."""
    settings = {"PARLEY_LOG_URL": log_url, "PARLEY_READ_URL": log_url, "PARLEY_DATA": str(tmp_path / "data")}
    with ExitStack() as stack:
        made = [Role(tmp_path / f"{'-'.join(role)}.log", *role, **settings) for role in ROLES]
        for role in made:
            stack.push(role)
        yield made


def test_F36_they_wait_for_the_database(roles: list[Role], database: Database, log_url: str) -> None:
    database.kill()
    for role in roles:
        role.begin()
    try:
        for role in roles:
            until(lambda role=role: "waiting: no connection to" in role.said, "the line that says so")
            assert not role.ended
            assert parse_mysql(log_url).password not in role.said
        assert roles[2].stop() == 0
        roles[2].begin()
    finally:
        database.start()
    until(lambda: all(role.url and role.ready for role in roles), "ready")
    asyncio.run(story(roles[0].url, roles[1].url))
    assert not any("Traceback" in role.said for role in roles)


def test_F36_an_api_that_waits_says_so_on_its_port(tmp_path: Path, database: Database, log_url: str) -> None:
    async def create() -> tuple[int, str | None]:
        async with Client(f"http://127.0.0.1:{port}") as client:
            answer = await client.post("/applications", {"name": "test"})
            return answer.status, answer.headers.get("retry-after")

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {"PARLEY_LOG_URL": log_url, "PARLEY_DATA": str(tmp_path), "PARLEY_PORT": str(port)}
    database.kill()
    role = Role(tmp_path / "said.log", "command-api", **settings).begin()
    with ExitStack() as stack:
        stack.push(role)
        try:
            until(lambda: "waiting: no connection to" in role.said, "the line that says so")
            assert asyncio.run(create()) == (503, "1")
        finally:
            database.start()
        until(lambda: role.url and role.ready, "ready")
        assert asyncio.run(create())[0] == 201


def test_they_outlast_a_database_that_goes_away(roles: list[Role], database: Database) -> None:
    """The worker of the query side, too, if it is killed meanwhile."""
    for role in roles:
        role.start()
    until(lambda: all(role.ready for role in roles), "ready")
    database.kill()
    try:
        until(lambda: not any(role.ready for role in roles), "not ready")
        queries = roles[1]
        [killed] = queries.workers
        os.kill(killed, signal.SIGKILL)
        until(lambda: queries.workers - {killed}, "another worker")
        assert queries.readyz()[0] == 503
    finally:
        database.start()
    until(lambda: all(role.ready for role in roles), "ready again")
    asyncio.run(story(roles[0].url, roles[1].url))
    assert not any("Traceback" in role.said for role in roles)


def test_F10_a_hung_database_makes_none_of_them_deaf_and_each_says_so(
    roles: list[Role], database: Database, tmp_path: Path, log_url: str
) -> None:
    """`parley serve`, too, for its read tables."""
    settings = {"PARLEY_LOG_URL": log_url, "PARLEY_READ_URL": log_url, "PARLEY_DATA": str(tmp_path / "own")}
    with Role(tmp_path / "serve.log", "serve", **settings) as alone:
        every = [*(role.start() for role in roles), alone]
        until(lambda: all(role.ready for role in every), "ready")
        database.pause()
        try:
            until(lambda: not any(role.ready for role in every), "not ready")
        finally:
            database.resume()
        until(lambda: all(role.ready for role in every), "ready again")
        asyncio.run(story(roles[0].url, roles[1].url))


def test_F10_a_hung_database_keeps_none_of_them_from_its_end(roles: list[Role], database: Database) -> None:
    for role in roles:
        role.start()
    until(lambda: all(role.ready for role in roles), "ready")
    database.pause()
    try:
        until(lambda: not any(role.ready for role in roles), "not ready")
        assert [role.stop() for role in roles] == [0] * len(roles)
    finally:
        database.resume()


def test_a_scheduler_that_lost_its_lead_asks_for_it_again(roles: list[Role], log_url: str) -> None:
    """It would otherwise believe for ever that it leads, and so would the next one."""

    def holder() -> int | None:
        name = f"CONCAT('scheduler', ' ', LEFT(SHA2('{parse_mysql(log_url).database}', 256), 32))"
        with closing(connect(log_url)) as asking, asking.cursor() as cursor:
            cursor.execute(f"SELECT IS_USED_LOCK({name})")
            [(session,)] = cursor.fetchall()
            return session

    scheduler = roles[4].start()
    until(lambda: scheduler.readyz()[1]["scheduler"]["leading"], "it leads")
    before = holder()
    assert before is not None
    with closing(connect(log_url)) as asking, asking.cursor() as cursor:
        cursor.execute(f"KILL {before}")
    until(lambda: holder() not in (None, before), "the lock is taken again")
    until(lambda: scheduler.readyz()[1]["scheduler"] == {"leading": True, "error": None}, "it leads again")
