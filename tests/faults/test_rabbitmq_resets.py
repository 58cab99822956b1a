"""F19: the connection to the broker is reset again and again."""

import asyncio
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.broker import connected_bus, delete_queues_of, event, listening, new_name
from tests.support.cluster import agree, cluster, new_chats
from tests.support.load import Load
from tests.support.logs import new_log_url
from tests.support.proxy import Proxy
from tests.support.server import Server
from tests.support.shared_server import shared_server
from tests.support.waiting import until


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def connections(servers: Sequence[Server], port: int) -> list[int]:
    """How many sockets each server's worker has open that lead, or led, to that port."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    inodes = {f"socket:[{line[9]}]" for line in lines if line[2].endswith(f":{port:04X}")}
    return [len(inodes & set(open_files(server.worker))) for server in servers]


def open_files(process: int) -> Iterator[str]:
    for path in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):
            yield os.readlink(path)


@pytest.mark.parametrize(("rounds", "seconds"), [(5, 0), pytest.param(60, 1, marks=pytest.mark.long)])
def test_F19_connection_reset(rounds: int, seconds: int) -> None:
    server, log_id = shared_server("rabbitmq"), new_name()
    with (
        Proxy("127.0.0.1", server.port) as proxy,
        connected_bus(proxy.through(server.url()), log_id) as bus,
        listening(proxy.through(server.url()), new_name(), log_id) as ear,
    ):
        before = descriptors(), threading.active_count()
        for turn in range(1, rounds + 1):
            accepted, woken, goal = proxy.counts["accepted"], ear.woken, bus.publisher.confirmed + 1
            proxy.reset_all()
            bus.publish(turn, [event(turn)], 1)
            until(lambda: proxy.counts["accepted"] >= accepted + 2, "new connections")  # noqa: B023 - called at once
            until(lambda: bus.state.error is None and ear.error is None, "the end of the fault")
            until(lambda: bus.publisher.confirmed >= goal or bus.publisher.given_up, "the confirm")  # noqa: B023
            until(lambda: ear.woken > woken, "the look after it was deaf")  # noqa: B023
            time.sleep(seconds)
        until(lambda: (descriptors(), threading.active_count()) == before, "no more descriptors than before")


@pytest.mark.parametrize("rounds", [3, pytest.param(60, marks=pytest.mark.long)])
def test_F19_servers_go_on(tmp_path: Path, rounds: int) -> None:
    server = shared_server("rabbitmq")

    async def scenario(proxy: Proxy, servers: Sequence[Server], log_url: str) -> None:
        until(lambda: connections(servers, proxy.port) == each, "the connections")
        async with Load([one.url for one in servers], await new_chats(servers[0])) as load:
            for _ in range(rounds):
                await asyncio.to_thread(proxy.reset_all)
                await load.grown(20)
                await asyncio.sleep(1)
        assert {*load.history.ends} == {"201"}
        await agree(load, servers, log_url)
        until(lambda: connections(servers, proxy.port) == each, "no more connections than before")

    # A publisher and two ears.
    each = [3, 3]
    with (
        Proxy("127.0.0.1", server.port) as proxy,
        new_log_url("mariadb", tmp_path) as log_url,
        cluster(tmp_path, log_url, 2, PARLEY_BUS_URL=proxy.through(server.url())) as servers,
    ):
        asyncio.run(scenario(proxy, servers, log_url))
    for one in servers:
        delete_queues_of(server.url(), one.data)
