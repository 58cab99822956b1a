"""Load at a constant rate: what a user meets, where `wrk` shows what a server can bear.

Each request is due at a moment that was fixed before; its latency counts from that moment, also when it could not
be sent yet because its connection still waited for an answer. So a stall is counted for all that it delays.
"""

import asyncio
import math
import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import uvloop

from benchmarks.measure import percentile

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
LAST_ANSWERS = 10


class Steady(NamedTuple):
    """Answers a second, latencies in milliseconds, and how many requests had no 2xx."""

    rate: float
    p50: float
    p99: float
    errors: int


OnAnswer = Callable[[bytes, bytes, float], None]
"""Takes head and body of an answer that is a 2xx, and when its request was due."""


def steady(url: str, paths: list[str], body: str, *, rate: float, seconds: float, connections: int) -> Steady:
    """Post the body to the paths in turn, `rate` times a second over all connections together."""
    return uvloop.run(
        steadily(url, paths, body, rate=rate, seconds=seconds, connections=connections, on_answer=_nothing)
    )


async def steadily(
    url: str,
    paths: list[str],
    body: str,
    *,
    rate: float,
    seconds: float,
    connections: int,
    on_answer: OnAnswer,
) -> Steady:
    """The same on the running loop, for whoever looks at the answers."""
    address = urlsplit(url).netloc
    host, _, port = address.partition(":")
    requests = [_request(address, path, body.encode()) for path in paths]
    loop = asyncio.get_running_loop()
    clients = []
    for place in range(connections):
        make = partial(_Client, loop, requests[place:] + requests[:place], connections / rate, on_answer)
        _, client = await loop.create_connection(make, host, int(port))
        clients.append(client)
    # Not the loop's clock, which counts whole milliseconds.
    start = time.perf_counter() + 0.1
    for place, client in enumerate(clients):
        client.start(start + place / rate, start + seconds)
    await asyncio.wait([client.done for client in clients], timeout=seconds + LAST_ANSWERS)
    took = [milliseconds for client in clients for milliseconds in client.took]
    shown = took or [math.inf]
    errors = sum(client.sent - len(client.took) for client in clients)
    return Steady(len(took) / seconds, percentile(shown, 0.5), percentile(shown, 0.99), errors)


def _nothing(_head: bytes, _body: bytes, _due: float) -> None:
    pass


def _request(host: str, path: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class _Client(asyncio.Protocol):
    """One connection, one request at a time; it ends with the answer to the last one that was due."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        requests: list[bytes],
        interval: float,
        on_answer: OnAnswer,
    ) -> None:
        self._loop = loop
        self._requests = requests
        self._interval = interval
        self._on_answer = on_answer
        self._answer = b""
        self.sent = 0
        self.took: list[float] = []
        self.done: asyncio.Future[None] = loop.create_future()

    def start(self, due: float, end: float) -> None:
        """Send from `due` on, at equal intervals, what is due before `end`; both as `perf_counter` counts."""
        self._due, self._end = due, end
        self._wait(time.perf_counter())

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, end, body = self._answer.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or (length is not None and len(body) < int(length[1])):
            return
        self._answer = b""
        now = time.perf_counter()
        if head[9:10] == b"2":
            self.took.append((now - self._due) * 1000)
            self._on_answer(head, body, self._due)
        self._due += self._interval
        if self._due >= self._end:
            self._transport.close()
        elif self._due <= now:
            self._send()
        else:
            self._wait(now)

    def _wait(self, now: float) -> None:
        self._loop.call_later(self._due - now, self._send)

    def _send(self) -> None:
        self._transport.write(self._requests[self.sent % len(self._requests)])
        self.sent += 1
