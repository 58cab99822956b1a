"""docs/operations.md, typed as it stands there."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.compose.chats import Chats, new_chats
from tests.compose.conversation import converse, seen
from tests.compose.group import StackGroup
from tests.compose.operations import commands
from tests.compose.stack import READY_LIMIT, Stack
from tests.services.errors import ServiceError
from tests.support.client import Client
from tests.support.server import eventually

pytestmark = pytest.mark.long

NOWHERE_TO_GET_IT_FROM = ("git pull", "docker-compose build")

logger = logging.getLogger(__name__)


def test_first_start(stack: Stack) -> None:
    start, status, ready = commands("First start")
    stack.type(start)
    assert "healthy" in stack.type(status)
    assert '"ready":true' in stack.type(ready.replace(":3000", f":{stack.port}"))


def test_logs(stack: Stack) -> None:
    (line,) = commands("Logs")
    said = stack.type(line.replace(" -f ", " "))
    assert "parley command-api: log mysql://parley:***@mysql" in said


def test_more_of_them(stack: Stack) -> None:
    (line,) = commands("More of them")
    stack.type(line)
    stack.ready()
    more = {"command-api", "query-api", "projector-tables", "projector-search"}
    assert len(stack.containers(*more)) == 2 * len(more)
    stack.type(line.replace("=2", "=1"))
    assert len(stack.containers(*more)) == len(more)


def _undisturbed(chats: Chats, *lines: str) -> None:
    """Assert that no request fails while the lines are typed and afterwards."""

    async def storm() -> None:
        async with chats.load(forgets=0) as load, chats.visitors() as visitors:
            await load.grown(20)
            for line in lines:
                await asyncio.to_thread(chats.stack.type, line)
                await load.grown(100)
        logger.info("posts: %s, visits: %s", dict(load.history.ends), dict(visitors.ends))
        assert {*load.history.ends} == {"201"}
        assert {end.split()[1] for end in visitors.ends} <= {"200", "204", "404"}
        await asyncio.to_thread(chats.agree, load)

    asyncio.run(storm())


def test_a_restart_that_nobody_notices(stack: Stack) -> None:
    (line,) = commands("A restart that nobody notices")
    before = {one.name: one.inspected["Id"] for one in stack.containers("command-api", "query-api")}
    _undisturbed(new_chats(stack), line)
    after = {one.inspected["Id"] for one in stack.containers("command-api", "query-api")}
    assert len(after) == len(before)
    assert not after & set(before.values())


def test_new_workers_without_new_containers(stack: Stack) -> None:
    _undisturbed(
        new_chats(stack), "docker-compose kill -s HUP command-api", "docker-compose kill -s HUP query-api"
    )


def test_an_upgrade(stack: Stack) -> None:
    """Of the very same version: pulling and building are not for here."""
    lines = commands("An upgrade")
    assert set(NOWHERE_TO_GET_IT_FROM) < set(lines)
    stack.build()
    _undisturbed(new_chats(stack), *[line for line in lines if line not in NOWHERE_TO_GET_IT_FROM])
    stack.ready()


def test_a_backup_is_restored_over_what_came_after_it(stack: Stack) -> None:
    group = StackGroup(stack)
    kept = converse(group)
    before = seen(group, kept)
    _type(stack, "Backup")
    lost = converse(group)
    with restored(stack):
        _type(stack, "Restore")
    # The clients of before know of positions that there are no more.
    group = StackGroup(stack)
    assert seen(group, kept) == before
    asyncio.run(_is_gone(stack, lost.application))
    converse(group)
    group.verify()


def test_a_backup_is_restored_where_there_is_nothing(stack: Stack) -> None:
    group = StackGroup(stack)
    kept = converse(group)
    before = seen(group, kept)
    _type(stack, "Backup")
    with restored(stack):
        stack.down(volumes=True)
        _type(stack, "Restore")
    group = StackGroup(stack)
    assert seen(group, kept) == before
    converse(group)
    group.verify()


@contextmanager
def restored(stack: Stack) -> Iterator[None]:
    """Whatever becomes of it: all run again afterwards."""
    try:
        yield
    finally:
        stack.up()


def _type(stack: Stack, heading: str) -> None:
    for line in commands(heading):
        stack.type(line)


async def _is_gone(stack: Stack, path: str) -> None:
    async with Client(stack.url) as client:
        assert (await client.get(path)).status == 404


def test_when_something_else_is_lost(stack: Stack) -> None:
    group = StackGroup(stack)
    conversation = converse(group)
    before = seen(group, conversation)
    for line in commands("When something else is lost"):
        logger.info("%s\n%s", line, stack.type(line))
    assert seen(group, conversation) == before


def test_beyond_this_machine_it_wants_an_admin_key(stack: Stack) -> None:
    """On an address that is not loopback's and still nobody else's: that of the gateway's own net."""
    settings, line = commands("Beyond this machine")
    (gateway,) = stack.containers("gateway")
    (network,) = gateway.inspected["NetworkSettings"]["Networks"].values()
    beyond = settings.replace("0.0.0.0", network["Gateway"])
    assert beyond != settings
    try:
        stack.type(beyond)
        stack.type(line)
        eventually(lambda: not stack.ailing(), "all is healthy", READY_LIMIT)
        key = stack.type("sed -n s/^PARLEY_ADMIN_KEY=//p .env").strip()
        asyncio.run(_wants(f"http://{network['Gateway']}:{stack.port}", key))
        stack.type("mv .env elsewhere")
        with pytest.raises(ServiceError, match=r"Keep them in \.env"):
            stack.type("docker/rolling-restart")
    finally:
        stack.type("rm -f .env elsewhere")
        stack.up()


async def _wants(url: str, key: str) -> None:
    async with Client(url) as client:
        assert (await client.post("/applications", {"name": "x"})).status == 401
        made = await client.post("/applications", {"name": "x"}, Authorization=f"Bearer {key}")
        assert made.status == 201
