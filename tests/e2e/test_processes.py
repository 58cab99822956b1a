"""The processes of a cluster: each starts alone, works with the others, stands by, and stops when it is told."""

import asyncio
import json
import os
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.client import Client
from tests.support.role import Role
from tests.support.server import ROOT, parley
from tests.support.waiting import until
from tests.support.walk import new_application, new_chat

ROLES = [("command-api",), ("query-api",), ("projector", "tables"), ("projector", "search"), ("scheduler",)]

New = Callable[..., Role]


@pytest.fixture
def new(tmp_path: Path) -> Iterator[New]:
    """Makes roles on one data folder that are killed at the end: no server is needed for them to share it."""
    with ExitStack() as stack:
        made = 0

        def make(*arguments: str, **settings: str) -> Role:
            nonlocal made
            made += 1
            said = tmp_path / f"{made}-{arguments[0]}.log"
            role = Role(said, *arguments, PARLEY_DATA=str(tmp_path / "data"), **settings)
            stack.push(role)
            return role

        yield make


async def story(commands: str, queries: str) -> None:
    """A message is posted on one address, read and found on the other, in what the answer's position includes."""
    async with Client(commands) as writer, Client(queries) as reader:
        chat = await new_chat(writer, await new_application(writer))
        posted = await writer.post(f"{chat}/messages", {"body": "crème brûlée"})
        assert posted.status == 201
        fresh = {"Min-Log-Position": posted.headers["log-position"]}
        read = await reader.request("GET", f"{chat}/messages/1", headers=fresh)
        assert (read.status, read.body) == (200, posted.body)
        found = await reader.request("GET", f"{chat}/messages/search?q=BRULEE", headers=fresh)
        assert (found.status, found.json()["total"]) == (200, 1)


def test_together_they_are_one_parley(new: New) -> None:
    roles = [new(*arguments).begin() for arguments in ROLES]
    commands, queries, *followers = roles
    until(lambda: all(role.url for role in roles), "the greetings")
    until(lambda: all(role.ready for role in roles), "ready")
    asyncio.run(story(commands.url, queries.url))
    for follower, name in zip(followers, ("tables", "search"), strict=False):
        shown = follower.readyz()[1]["projections"][name]
        assert (shown["lag_events"], shown["error"], shown["leading"]) == (0, None, True)
    until(lambda: queries.readyz()[1]["projections"]["tables"]["position"] == 3, "the watch")
    assert queries.readyz()[1]["log"] == {"head": 3}
    assert [role.stop() for role in roles] == [0] * len(roles)
    for role in roles:
        assert "Traceback" not in role.said


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("arguments", ROLES[1:3], ids="-".join)
def test_it_stops_when_it_is_told(new: New, arguments: tuple[str, ...], sig: int) -> None:
    assert new(*arguments).start().stop(sig) == 0


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("arguments", [("serve",), *ROLES[1:3]], ids="-".join)
def test_it_stops_while_it_waits_for_a_server(new: New, arguments: tuple[str, ...], sig: int) -> None:
    nowhere = "mysql://ann:hidden@127.0.0.1:9/parley"
    role = new(*arguments, PARLEY_LOG_URL=nowhere, PARLEY_READ_URL=nowhere).begin()
    until(lambda: "waiting: no connection to" in role.said, "the line that says so")
    assert role.stop(sig) == 0
    assert "Traceback" not in role.said


@pytest.mark.parametrize("arguments", [("serve",), *ROLES], ids="-".join)
def test_it_tells_its_health_while_it_waits_for_a_server(new: New, arguments: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    nowhere = "mysql://ann:hidden@127.0.0.1:9/parley"
    ports = {"PARLEY_HEALTH_PORT": str(port), "PARLEY_PORT": str(port)}
    role = new(*arguments, PARLEY_LOG_URL=nowhere, PARLEY_READ_URL=nowhere, **ports).begin()
    until(lambda: "waiting: no connection to" in role.said, "the line that says so")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=10) as answer:
        assert answer.status == 200
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10)
    with refused.value as error:
        assert error.code == 503
        assert json.load(error)["waiting"].startswith("waiting: no connection to")


def test_a_health_port_in_use_is_told_before_the_wait(new: New) -> None:
    nowhere = "mysql://ann:hidden@127.0.0.1:9/parley"
    with socket.create_server(("127.0.0.1", 0)) as used:
        port = str(used.getsockname()[1])
        role = new("scheduler", PARLEY_LOG_URL=nowhere, PARLEY_HEALTH_PORT=port).begin()
        until(lambda: role.ended, "its end")
    assert "PARLEY_HEALTH_PORT" in role.said


def test_each_api_serves_its_own_methods(new: New) -> None:
    async def ask() -> None:
        async with Client(commands.url) as writer, Client(queries.url) as reader:
            refused = await writer.get("/applications")
            assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")
            refused = await reader.post("/applications", {"name": "x"})
            assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")

    commands, queries = new("command-api").start(), new("query-api").start()
    asyncio.run(ask())


@pytest.mark.parametrize(
    ("arguments", "place"), [(ROLES[2], ("projections", "tables")), (ROLES[4], ("scheduler",))]
)
def test_f05_f30_a_second_one_stands_by_and_takes_over(
    new: New, arguments: tuple[str, ...], place: tuple[str, ...]
) -> None:
    def leads(role: Role) -> bool:
        shown = role.readyz()[1]
        for name in place:
            shown = shown[name]
        return bool(shown["leading"])

    first = new(*arguments).start()
    until(lambda: first.ready and leads(first), "the first leads")
    second = new(*arguments).start()
    until(lambda: second.ready, "the second is ready")
    assert (leads(first), leads(second)) == (True, False)
    first.kill()
    until(lambda: leads(second), "the second takes over")


def test_several_workers_share_a_port(new: New) -> None:
    commands = new("command-api", "--workers", "2").start()
    until(lambda: len(commands.workers) == 2, "both workers")
    until(lambda: commands.ready, "ready")


def test_the_images_settings_of_gunicorn_are_taken(new: New) -> None:
    """And behind a gateway that listens on loopback only, no admin key is needed."""
    config = str(ROOT / "docker" / "gunicorn.conf.py")
    commands = new("command-api", PARLEY_GUNICORN=config, PARLEY_HOST="0.0.0.0", PARLEY_PUBLISHED="127.0.0.1")
    commands.start()
    until(lambda: len(commands.workers) == len(os.sched_getaffinity(0)), "one for each core")


@pytest.mark.parametrize("trusted", ["", "127.0.0.1"])
def test_only_a_trusted_proxy_says_where_a_request_came_from(new: New, trusted: str) -> None:
    """Without an admin key, the keys of those who make applications are apart by their addresses."""

    async def ask() -> int:
        async with Client(commands.url) as client:
            key = {"Idempotency-Key": "same"}
            for name, address in (("first", "192.0.2.1"), ("second", "192.0.2.2")):
                answer = await client.request(
                    "POST", "/applications", {"name": name}, {**key, "X-Forwarded-For": address}
                )
            return answer.status

    commands = new("command-api", PARLEY_TRUSTED_PROXIES=trusted).start()
    until(lambda: commands.ready, "ready")
    assert asyncio.run(ask()) == (201 if trusted else 422)


@pytest.mark.parametrize("arguments", ROLES, ids="-".join)
def test_it_shows_its_settings_without_secrets(new: New, arguments: tuple[str, ...]) -> None:
    role = new(*arguments, PARLEY_BUS_URL="amqp://ann:hidden@127.0.0.1:9//").start()
    # Lines of the log are written beside what the process does, its greeting at once.
    until(lambda: "bus amqp://ann:***@127.0.0.1:9//" in role.said, "its settings")
    assert "hidden" not in role.said


@pytest.mark.parametrize(
    ("settings", "arguments", "named"),
    [
        ({"PARLEY_LOG_URL": "redis://x"}, ("projector", "tables"), "PARLEY_LOG_URL"),
        ({"PARLEY_HEALTH_PORT": "high"}, ("scheduler",), "PARLEY_HEALTH_PORT"),
        ({"PARLEY_WORKERS": "0"}, ("command-api",), "PARLEY_WORKERS"),
        ({"PARLEY_HOST": "0.0.0.0"}, ("query-api",), "PARLEY_ADMIN_KEY"),
        ({"PARLEY_PUBLISHED": "0.0.0.0"}, ("command-api",), "PARLEY_ADMIN_KEY"),
        ({"PARLEY_GUNICORN": "nowhere.py"}, ("command-api",), "PARLEY_GUNICORN"),
        ({}, ("projector", "other"), "tables"),
    ],
)
def test_a_wrong_setting_is_wrong_usage(
    tmp_path: Path, settings: dict[str, str], arguments: tuple[str, ...], named: str
) -> None:
    refused = parley(*arguments, PARLEY_DATA=str(tmp_path), **settings)
    assert (refused.returncode, named in refused.stderr) == (2, True), refused.stderr


@pytest.mark.parametrize("arguments", [("command-api",), ("scheduler",)], ids="-".join)
def test_a_port_in_use_is_refused(new: New, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    taken = new("query-api").start().url.rpartition(":")[2]
    refused = parley(
        *arguments, PARLEY_DATA=str(tmp_path / "data"), PARLEY_PORT=taken, PARLEY_HEALTH_PORT=taken
    )
    assert (refused.returncode, f"port {taken}" in refused.stderr) == (1, True), refused.stderr
