"""What each process tells at `/metrics`, and what it does not."""

import asyncio
import json
import os
import re
import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tests.cluster.cluster import Cluster
from tests.support.client import Client
from tests.support.role import Role
from tests.support.scraped import families, scrape, scraped, total
from tests.support.server import ROOT, Server
from tests.support.waiting import until
from tests.support.walk import new_application, new_chat


async def post(url: str, messages: int) -> str:
    """A new chat with so many messages; its path."""
    async with Client(url) as client:
        chat = await new_chat(client, await new_application(client))
        for _ in range(messages):
            await client.post(f"{chat}/messages", {"body": "x"})
        return chat


def test_a_single_process_tells_all(server: Server) -> None:
    chat = asyncio.run(post(server.url, 3))
    told = scrape(server.url)
    assert total(told, "parley_http_requests_total", method="POST", status="201") == 5
    assert total(told, "parley_http_request_duration_seconds_count", status="201") == 5
    assert chat.split("/")[2] not in told
    assert total(told, "parley_append_batch_events_sum") == 5
    assert total(told, "parley_append_batch_events_count") == total(
        told, "parley_append_duration_seconds_count"
    )
    assert scraped(told, "parley_append_queue_commands") == [(0, {})]


def test_workers_add_up_and_a_killed_one_is_not_forgotten(tmp_path: Path) -> None:
    def asked() -> float:
        return total(scrape(role.url), "parley_http_requests_total", route="/livez")

    with Role(tmp_path / "said", "command-api", "--workers", "2", PARLEY_DATA=str(tmp_path / "data")) as role:
        until(lambda: role.ready and len(role.workers) == 2, "both workers")
        until(lambda: "parley-metrics-" in Path(f"/proc/{min(role.workers)}/maps").read_text(), "it counts")
        answered = 0
        while len(_counted_by(folder_of(role))) < 2:
            # A connection each: one of the workers takes it.
            with urllib.request.urlopen(f"{role.url}/livez", timeout=10) as answer:
                assert answer.status == 200
            answered += 1
        # Of the worker that was not asked, what is up to a second old.
        until(lambda: asked() == answered, "all are counted")
        killed = min(role.workers)
        os.kill(killed, signal.SIGKILL)
        until(lambda: len(role.workers - {killed}) == 2, "another worker")
        assert asked() == answered
        until(lambda: not list(folder_of(role).glob(f"gauge_live*_{killed}.db")), "its states are over")
        left = folder_of(role)
        assert left.stat().st_mode & 0o077 == 0
        assert role.stop() == 0
    assert not left.exists()


def test_what_a_killed_server_leaves_is_removed_by_the_next(tmp_path: Path) -> None:
    with Role(tmp_path / "said", "command-api", PARLEY_DATA=str(tmp_path / "data")) as role:
        until(lambda: role.ready, "ready")
        left, workers = folder_of(role), role.workers
        role.kill()
        until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers), "its worker went, too")
        assert left.exists()
        role.start()
        assert not left.exists()
        until(lambda: role.ready, "ready again")
        assert role.stop() == 0


def folder_of(role: Role) -> Path:
    """Where its workers count together."""
    maps = Path(f"/proc/{min(role.workers)}/maps").read_text()
    found = re.search(r"(/\S+/parley-metrics-[^/\s]+)/", maps)
    assert found
    return Path(found[1])


def _counted_by(folder: Path) -> set[str]:
    """The process ids of the workers that have answered a request."""
    return {
        file.stem.split("_")[1] for file in folder.glob("histogram_*.db") if b"/livez" in file.read_bytes()
    }


SOURCES = {
    "command-api": "commands",
    "query-api": "queries",
    "projector-tables": "projectors",
    "projector-search": "projectors",
    "scheduler": "scheduler",
}


def documented(source: str) -> set[str]:
    """The metrics that docs/operations.md says this kind of process tells."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(parley_\w+)` \|[^|]*\| ([^|]*) \|", text, re.MULTILINE)
    return {name for name, told_by in rows if told_by == "all" or source in told_by.split(", ")}


def test_a_single_process_tells_all_that_is_documented(server: Server) -> None:
    assert families(scrape(server.url)) == set().union(*map(documented, SOURCES.values()))


def test_every_process_of_a_cluster_tells_what_is_documented(cluster: Cluster) -> None:
    chat = asyncio.run(post(cluster.url, 3))
    for role, source in SOURCES.items():
        for member in cluster.of(role):
            told = scrape(member.url())
            assert families(told) == documented(source), role
            assert chat.split("/")[2] not in told

    def applied(role: str) -> float:
        return sum(
            total(scrape(member.url()), "parley_projection_applied_events_total")
            for member in cluster.of(role)
        )

    for role in ("projector-tables", "projector-search"):
        until(lambda role=role: applied(role) >= 5, "it has applied them")  # type: ignore[misc]
        leading = [total(scrape(member.url()), "parley_projection_leading") for member in cluster.of(role)]
        assert sum(leading) == 1
    commands = [scrape(member.url()) for member in cluster.of("command-api")]
    assert sum(total(told, "parley_append_batch_events_sum") for told in commands) >= 5
    until(
        lambda: any(
            total(scrape(member.url()), "parley_bus_confirmed_messages_total")
            for member in cluster.of("command-api")
        ),
        "the broker has confirmed some",
    )


TOLD = ("/metrics", "/readyz", "/readyz?verbose")
AWAY = {
    "PARLEY_BUS_URL": "amqp://ann:hidden@127.0.0.1:9/secret-place",
    "PARLEY_REDIS_URL": "redis://ann:hidden@127.0.0.1:9/0",
}
NOWHERE = {
    "PARLEY_LOG_URL": "mysql://ann:hidden@127.0.0.1:9/secret-place",
    "PARLEY_READ_URL": "mysql://ann:hidden@127.0.0.1:9/secret-place",
    "PARLEY_SEARCH_URL": "http://ann:hidden@127.0.0.1:9/secret-place",
}
SECRETS = ("hidden", "ann", "127.0.0.1", "secret-place")


def told_at(url: str) -> list[str]:
    """All that a process tells of itself to whoever asks."""
    answers = []
    for path in TOLD:
        try:
            with urllib.request.urlopen(f"{url}{path}", timeout=10) as answer:
                answers.append(answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                answers.append(error.read().decode())
    return answers


@pytest.mark.parametrize(
    "arguments", [("command-api",), ("query-api",), ("projector", "tables")], ids="-".join
)
def test_x33_nothing_told_is_secret_while_the_bus_is_away(arguments: tuple[str, ...], tmp_path: Path) -> None:
    with Role(tmp_path / "said", *arguments, PARLEY_DATA=str(tmp_path / "data"), **AWAY) as role:
        way = "words" if arguments == ("query-api",) else "bus"
        until(lambda: role.readyz()[1].get(way, {}).get("error"), "it has seen that")
        for text in told_at(role.url):
            assert not [secret for secret in (*SECRETS, str(tmp_path)) if secret in text], text


@pytest.mark.parametrize("arguments", [("serve",), ("scheduler",)], ids="-".join)
def test_x33_nothing_told_is_secret_while_it_waits(arguments: tuple[str, ...], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    ports = {"PARLEY_PORT": port, "PARLEY_HEALTH_PORT": port, "PARLEY_DATA": str(tmp_path / "data")}
    role = Role(tmp_path / "said", *arguments, **AWAY, **NOWHERE, **ports)
    try:
        role.begin()
        until(lambda: "waiting: no connection to" in role.said, "the line that says so")
        for text in told_at(f"http://127.0.0.1:{port}"):
            assert not [secret for secret in (*SECRETS, str(tmp_path)) if secret in text], text
    finally:
        role.kill()


def test_x33_nothing_told_of_a_cluster_is_secret(cluster: Cluster) -> None:
    urls = [url for name, url in cluster.settings.items() if name.endswith("_URL")]
    passwords = {unquote(password) for url in urls if (password := urlsplit(url).password)}
    assert passwords
    members = [member for role in SOURCES for member in cluster.of(role)]
    for text in [text for member in members for text in told_at(member.url())] + told_at(cluster.url):
        assert not [secret for secret in (*passwords, "127.0.0.1") if secret in text], text


def test_a_cluster_tells_more_to_who_asks(cluster: Cluster) -> None:
    def verbose(url: str) -> Any:
        with urllib.request.urlopen(f"{url}/readyz?verbose", timeout=10) as answer:
            return json.load(answer)

    commands, queries, tables = (
        verbose(cluster.of(role)[0].url()) for role in ("command-api", "query-api", "projector-tables")
    )
    assert commands["queue"] == {"commands": 0}
    assert commands["dependencies"] == {name: {"available": True, "error": None} for name in ("log", "bus")}
    assert {"generation", "lag_events", "lag_seconds", "building"} <= queries["projections"]["search"].keys()
    assert {"generation", "lag_events", "lag_seconds", "head"} <= tables["projections"]["tables"].keys()
    assert tables["dependencies"].keys() == {"tables", "bus", "words"}
