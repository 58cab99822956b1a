"""A cluster while processes of it are gone, and `bin/cluster`."""

import asyncio
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster, at_once
from tests.cluster.member import Member
from tests.services.ports import PRIVATE, free_port
from tests.services.process import marked
from tests.support.client import Answer
from tests.support.cluster_group import ClusterGroup
from tests.support.databases import new_database
from tests.support.running_cluster import need_nginx
from tests.support.server import ROOT, environment
from tests.support.waiting import until
from tests.support.walk import new_application, new_chat


@contextmanager
def killed(cluster: Cluster, *members: Member) -> Iterator[None]:
    """Gone while inside, ready again and reached afterwards."""
    at_once(Member.kill, members)
    try:
        yield
    finally:
        at_once(Member.start, members)
        until(cluster.answers)


def assert_unavailable(answer: Answer) -> None:
    assert (answer.status, answer.headers["retry-after"]) == (503, "1"), answer
    assert answer.headers["content-type"] == "application/problem+json"


def test_there_are_two_of_each(cluster: Cluster) -> None:
    roles = ["command-api", "query-api", "projector-tables", "projector-search"]
    assert {role: len(cluster.of(role)) for role in roles} == dict.fromkeys(roles, 2)
    assert len(cluster.of("scheduler")) == 1


def test_with_one_of_each_gone_clients_notice_nothing(cluster: Cluster) -> None:
    async def scenario() -> None:
        async with ClusterGroup(cluster).client() as client:
            chat = await new_chat(client, await new_application(client))
            for number in range(1, 41):
                posted = await client.post(f"{chat}/messages", {"body": "x"})
                assert (posted.status, posted.json()["number"]) == (201, number)
                edited = await client.request("PATCH", posted.headers["location"], {"body": "y"})
                assert edited.status == 200
                assert (await client.get(posted.headers["location"])).json() == edited.json()
            found = await client.get(f"{chat}/messages/search?q=y")
            assert found.json()["total"] == 40

    roles = ("command-api", "query-api", "projector-tables", "projector-search")
    with killed(cluster, *(cluster.of(role)[0] for role in roles)):
        asyncio.run(scenario())


def test_without_commands_reads_go_on(cluster: Cluster) -> None:
    async def scenario() -> None:
        async with ClusterGroup(cluster).client() as client:
            chat = await new_chat(client, await new_application(client))
            with killed(cluster, *cluster.of("command-api")):
                for method, path, body in (
                    ("POST", f"{chat}/messages", {"body": "x"}),
                    ("PATCH", chat, {"title": "x"}),
                    ("DELETE", chat, None),
                ):
                    assert_unavailable(await client.request(method, path, body))
                assert (await client.get(chat)).json()["number"] == 1
            assert (await client.post(f"{chat}/messages", {"body": "x"})).json()["number"] == 1

    asyncio.run(scenario())


def test_without_queries_commands_go_on(cluster: Cluster) -> None:
    async def scenario() -> None:
        async with ClusterGroup(cluster).client() as client:
            chat = await new_chat(client, await new_application(client))
            with killed(cluster, *cluster.of("query-api")):
                assert (await client.post(f"{chat}/messages", {"body": "x"})).status == 201
                client.patience = 0
                assert_unavailable(await client.get(chat))

    asyncio.run(scenario())


def test_metrics_are_not_public_and_health_is(cluster: Cluster) -> None:
    async def scenario() -> None:
        async with ClusterGroup(cluster).client() as client:
            assert (await client.get("/metrics")).status == 404
            for path in ("/livez", "/readyz"):
                assert (await client.get(path)).status == 200

    asyncio.run(scenario())


@contextmanager
def in_folder(folder: Path, **places: str) -> Iterator["Command"]:
    """`bin/cluster` with a run folder of its own; down at the end."""
    command = Command(folder, places)
    try:
        yield command
    finally:
        command.run("down", "--wipe")
        assert list(marked(folder)) == []


class Command:
    """Each call is a process, as on the command line."""

    def __init__(self, folder: Path, places: dict[str, str]) -> None:
        self._environment = environment(PARLEY_SERVICES=str(folder), **places)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(ROOT / "bin" / "cluster"), *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


ONE_OF_EACH = ("--commands", "1", "--queries", "1", "--projectors", "1")


def test_the_command_starts_shows_and_stops_one(cluster: Cluster, tmp_path: Path) -> None:
    port = str(free_port(PRIVATE))
    with new_database("mariadb") as log_url:
        # Its own database; the rest may be shared.
        places = {**cluster.settings, "PARLEY_LOG_URL": log_url, "PARLEY_READ_URL": log_url}
        places["PARLEY_SEARCH_URL"] = f"sqlite:///{tmp_path}/search"
        with in_folder(tmp_path, **places) as command:
            assert command.run("status").returncode == 1
            up = command.run("up", "--port", port, *ONE_OF_EACH)
            assert up.returncode == 0, up.stderr
            assert f"Parley serves http://127.0.0.1:{port}\n" in up.stdout
            assert "projector-search-1: ready" in up.stderr
            rows = json.loads(command.run("status", "--json").stdout)
            assert [row["state"] for row in rows] == ["ready"] * 6
            other = command.run("up", "--port", port)
            assert (other.returncode, "bin/cluster down" in other.stderr) == (1, True)
            os.kill(rows[0]["pid"], signal.SIGKILL)
            until(lambda: command.run("status").returncode == 1)
            again = command.run("up", "--port", port, *ONE_OF_EACH)
            assert again.returncode == 0, again.stderr
            back = json.loads(command.run("status", "--json").stdout)
            assert back[0]["pid"] != rows[0]["pid"]
            assert back[1:] == rows[1:]
            assert command.run("down").returncode == 0
            assert command.run("status").returncode == 1
    assert all(member.running for member in cluster.everything)


def test_the_command_says_why_it_can_not(cluster: Cluster, tmp_path: Path) -> None:
    need_nginx()
    with socket.socket() as taken, in_folder(tmp_path / "taken", **cluster.settings) as command:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        refused = command.run("up", "--port", port)
        assert refused.returncode == 1
        assert f"port {port}" in refused.stderr
        assert "--port" in refused.stderr
    port = str(free_port(PRIVATE))
    with in_folder(tmp_path / "wrong", **{**cluster.settings, "PARLEY_REDIS_URL": "amqp://x"}) as command:
        failed = command.run("up", "--port", port)
        assert failed.returncode == 1
        assert "PARLEY_REDIS_URL" in failed.stderr
        assert "Traceback" not in failed.stderr


@pytest.mark.parametrize("missing", ["nginx"])
def test_what_tests_begin_themselves_can_be_installed(missing: str) -> None:
    need_nginx()
    got = subprocess.run(
        [str(ROOT / "bin" / "services"), "install", missing], capture_output=True, text=True, check=False
    )
    assert (got.returncode, got.stdout, got.stderr) == (0, "", "")
