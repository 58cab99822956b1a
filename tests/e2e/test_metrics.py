"""What each process tells at `/metrics`, and what it does not."""

import asyncio
import os
import re
import signal
import urllib.request
from pathlib import Path

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
        until(lambda: len(role.workers) == 2, "both workers")
        answered = 0
        while len(_counted_by(folder_of(role))) < 2:
            # A connection each: one of the workers takes it.
            with urllib.request.urlopen(f"{role.url}/livez", timeout=10) as answer:
                assert answer.status == 200
            answered += 1
        assert asked() == answered
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
