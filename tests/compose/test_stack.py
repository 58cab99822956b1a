"""What `docker-compose up` leaves running: healthy, scaled, killed, restarted, emptied."""

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.compose.chats import Chats, new_chats
from tests.compose.conversation import converse, seen
from tests.compose.files import foreign_services, own_services, parley_image, python_image
from tests.compose.group import StackGroup
from tests.compose.stack import ONCE, Container, Stack
from tests.e2e import test_story
from tests.support.load import Load
from tests.support.server import eventually

pytestmark = pytest.mark.long

ROOT, PARLEY = 0, 10001
LASTING = sorted(({*own_services(), *foreign_services()}) - ONCE)
SCALED = {"command_api": 2, "query_api": 2, "projector_tables": 2}

logger = logging.getLogger(__name__)


def test_all_are_healthy_and_nothing_else_runs(stack: Stack) -> None:
    assert stack.ailing() == []
    assert sorted(container.service for container in stack.containers()) == sorted(stack.services)
    listed = stack.compose("ps", "--all")
    assert all(container.name in listed for container in stack.containers())


def test_only_the_gateway_is_published_and_on_loopback_only(stack: Stack) -> None:
    published = {container.service: container.published for container in stack.containers()}
    assert {service: places for service, places in published.items() if places} == {
        "gateway": [f"127.0.0.1:{stack.port}"]
    }


def test_who_runs_what(stack: Stack) -> None:
    """No process of Parley's is root's, can gain anything, or can write to its image."""
    for container in stack.containers(*own_services()):
        host = container.inspected["HostConfig"]
        assert container.inspected["Config"]["User"] == "parley", container.name
        assert host["ReadonlyRootfs"], container.name
        assert host["CapDrop"] == ["ALL"], container.name
        assert host["SecurityOpt"] == ["no-new-privileges:true"], container.name
    users = {one.service: one.users for one in stack.containers(*LASTING)}
    logger.info("users: %s", users)
    assert {who for service in own_services() for who in users.get(service, [])} == {PARLEY}
    # nginx's master is; its workers are not. Some health checks are, for a moment.
    assert [service for service, ids in users.items() if ids[0] == ROOT] == ["gateway"]
    assert users["gateway"][1] != ROOT


def test_the_image_is_small_and_has_no_compiler(stack: Stack) -> None:
    def size(image: str) -> int:
        return int(str(stack.engine.inspect(image)[0]["Size"]))

    ours = size(parley_image()) - size(python_image())
    logger.info("%d MB on top of Python's image", ours / 1e6)
    assert ours < 120e6
    tools = "for tool in cc gcc c++ make pip pip3; do command -v $tool || true; done"
    found = stack.compose("exec", "-T", "command-api", "sh", "-c", tools).split()
    assert found == []


def test_passwords_are_made_and_are_nowhere_else(stack: Stack) -> None:
    passwords = {
        stack.secret("mysql", f"/run/parley/mysql/{name}") for name in ("password", "root-password")
    } | {stack.secret(service, f"/run/parley/{service}/password") for service in ("rabbitmq", "redis")}
    assert len(passwords) == 4
    assert {len(password) for password in passwords} == {64}
    for container in stack.containers():
        assert not any(password in str(container.inspected) for password in passwords), container.name
    said = stack.logs(1000)
    assert not any(password in said for password in passwords)


def test_the_story_runs_as_the_readme_has_it(group: StackGroup) -> None:
    test_story.test_the_story_runs_as_written(group)


@pytest.fixture
def chats(stack: Stack) -> Chats:
    return new_chats(stack)


@contextmanager
def scaled(stack: Stack) -> Iterator[None]:
    stack.up(**SCALED)
    try:
        yield
    finally:
        stack.up(**dict.fromkeys(SCALED, 1))


def test_scaled_out_either_of_each_is_enough(stack: Stack, group: StackGroup) -> None:
    with scaled(stack):
        for service in SCALED:
            assert len(stack.containers(service.replace("_", "-"))) == 2
        test_story.test_the_story_runs_as_written(group)
        for gone in zip(*(stack.containers(one.replace("_", "-")) for one in SCALED), strict=True):
            for container in gone:
                container.stop()
            test_story.test_the_story_runs_as_written(group)
            for container in gone:
                container.start()
            stack.ready()


@pytest.mark.parametrize("service", LASTING)
def test_one_that_is_killed_under_load_comes_again_and_nothing_is_lost(chats: Chats, service: str) -> None:
    async def storm() -> Load:
        (victim,) = chats.stack.containers(service)
        async with chats.load() as load, chats.visitors():
            await load.grown(20)
            await asyncio.to_thread(victim.kill)
            began = time.monotonic()
            await asyncio.to_thread(eventually, lambda: _restarted(chats.stack, victim), "it runs again", 60)
            await asyncio.to_thread(chats.stack.ready)
            logger.info("%s was healthy again after %.1f s", service, time.monotonic() - began)
            await load.grown(20, 120)
        await load.ask_again()
        return load

    load = asyncio.run(storm())
    logger.info("posts: %s", dict(load.history.ends))
    chats.agree(load)


def _restarted(stack: Stack, victim: Container) -> bool:
    (now,) = stack.containers(victim.service)
    began = now.inspected["State"]["StartedAt"] != victim.inspected["State"]["StartedAt"]
    return began and bool(now.inspected["State"]["Running"])


def test_a_rolling_restart_of_both_apis_fails_no_request(chats: Chats) -> None:
    async def roll() -> None:
        async with chats.load(forgets=0) as load, chats.visitors() as visitors:
            await load.grown(20)
            for container in chats.stack.containers("command-api", "query-api"):
                await asyncio.to_thread(container.restart)
                await asyncio.to_thread(chats.stack.ready)
                await load.grown(20)
        logger.info("posts: %s, visits: %s", dict(load.history.ends), dict(visitors.ends))
        assert {*load.history.ends} == {"201"}
        assert {end.split()[1] for end in visitors.ends} <= {"200", "204", "404"}
        await asyncio.to_thread(chats.agree, load)

    with scaled(chats.stack):
        asyncio.run(roll())


def test_down_and_up_again_all_is_there(stack: Stack, group: StackGroup) -> None:
    made = converse(group)
    before = seen(group, made)
    stack.down()
    assert stack.containers() == []
    stack.up()
    assert seen(group, made) == before


def test_without_the_volumes_of_all_but_the_log_all_answers_come_again(
    stack: Stack, group: StackGroup
) -> None:
    """Redis keeps none; it is emptied by every start."""
    made = converse(group)
    before = seen(group, made)
    stack.down()
    stack.volumes("rabbitmq", "opensearch")
    stack.up()
    assert seen(group, made) == before
    group.verify()
