"""Servers that share a log, and clients that ask any of them."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tests.support.client import Answer, AnyClient, Client
from tests.support.cluster import cluster
from tests.support.logs import new_log_url
from tests.support.server import Server, parley

CATCH_UP = 60
# What a fixture is told to give: (engine, how many).
ALONE = ("sqlite", 1)
CLUSTER = ("cluster", 1)
POSITION = "Min-Log-Position"


class Address(Protocol):
    """Where requests are sent."""

    @property
    def url(self) -> str:
        """Without a path."""

    @property
    def port(self) -> int:
        """Of loopback."""


class Group:
    """Where an answer may trail what its clients were told of, they say how new it must be."""

    trails: bool

    def __init__(self, servers: Sequence[Address]) -> None:
        self.servers = servers
        self.position = 0
        """That of the last event that any client of the group was told of."""

    def client(self) -> "GroupClient":
        """A new client, with connections of its own."""
        return GroupClient(self)

    def told(self, answer: Answer) -> None:
        """Note the position of a command's answer."""
        self.position = max(self.position, int(answer.headers.get("log-position", 0)))

    def restart(self) -> None:
        """Kill all, then start them on the same ports and folders."""
        raise NotImplementedError

    def verify(self) -> None:
        """Assert that the log is sound and that all read models agree with it."""
        raise NotImplementedError

    def settle(self) -> None:
        """Return once any reader sees all that is in the log, even one that does not say what it wants to see."""
        raise NotImplementedError


class ServerGroup(Group):
    """Several `parley serve`; one alone waits by itself for what it has acknowledged."""

    def __init__(self, servers: list[Server], settings: dict[str, str]) -> None:
        super().__init__(servers)
        self.trails = len(servers) > 1
        self._servers = servers
        self._settings = settings

    def restart(self) -> None:
        for server in self._servers:
            server.kill()
        with ThreadPoolExecutor(len(self._servers)) as pool:
            list(pool.map(Server.start, self._servers))

    def verify(self) -> None:
        # One after the other: they share the read tables, and so the place where those are folded again.
        for server in self._servers:
            verified = parley("verify", "--data", str(server.data), **self._settings)
            assert verified.returncode == 0, verified.stdout + verified.stderr

    def settle(self) -> None:
        assert not self.trails


class GroupClient(AnyClient):
    """Sends each request to a server picked by chance, one at a time.

    Where answers may trail, a read asks for all that any client of the group was told of, and asks again while
    a server has not followed that far.
    """

    def __init__(self, group: Group) -> None:
        self.patience = CATCH_UP
        """Seconds for which it asks again."""
        self._group = group
        self._clients = [Client(server.url) for server in group.servers]

    async def request(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        client = random.choice(self._clients)
        if method in ("GET", "HEAD"):
            return await self._read(client, method, path, headers or {})
        answer = await client.request(method, path, body, headers)
        self._group.told(answer)
        return answer

    async def _read(self, client: Client, method: str, path: str, headers: Mapping[str, str]) -> Answer:
        if self._group.trails:
            headers = {POSITION: str(self._group.position), **headers}
        given_up_at = time.monotonic() + self.patience
        answer = await client.request(method, path, headers=headers)
        while answer.status == 503 and self._will_come(headers) and time.monotonic() < given_up_at:
            answer = await client.request(method, path, headers=headers)
        return answer

    def _will_come(self, headers: Mapping[str, str]) -> bool:
        """Whether a position is asked for that the log has reached."""
        return POSITION in headers and int(headers[POSITION]) <= self._group.position

    async def close(self) -> None:
        for client in self._clients:
            await client.close()


@contextmanager
def new_group(engine: str, count: int, folder: Path) -> Iterator[Group]:
    """So many servers on a new log; on "sqlite" it is one, as `parley serve` runs by itself."""
    if engine == "sqlite":
        assert count == 1
        with Server(folder / "data") as server:
            yield ServerGroup([server], {})
        return
    with new_log_url(engine, folder) as url, cluster(folder, url, count) as servers:
        yield ServerGroup(servers, {"PARLEY_LOG_URL": url})
