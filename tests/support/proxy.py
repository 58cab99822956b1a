"""A TCP proxy on loopback that breaks connections on cue."""

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Callable
from typing import Self
from urllib.parse import urlsplit

from tests.support.proxied import Connection
from tests.support.proxy_faults import BytesCut, Cut, Direction, Faults, PatternCut

__all__ = ["Cut", "Direction", "Proxy"]


class Proxy:
    """Stands before one server; runs on a thread of its own while it is entered.

    `counts` tells what it did: connections that were `accepted`, `refused` by the server, `swallowed` or
    `reset`; each kind of cut by its name (`REPLY_LOST` …, `BYTES`); and `late`, held patterns that it forwarded.
    """

    def __init__(self, host: str, port: int) -> None:
        self._upstream = host, port
        self.port = 0
        self._faults = Faults()
        self._connections: dict[asyncio.Task[None], Connection] = {}
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="proxy", daemon=True)

    @property
    def counts(self) -> Counter[str]:
        return self._faults.counts

    def through(self, url: str) -> str:
        """The same URL with this proxy's address."""
        parts = urlsplit(url)
        account, at, _ = parts.netloc.rpartition("@")
        return parts._replace(netloc=f"{account}{at}127.0.0.1:{self.port}").geturl()

    def delay(self, seconds: float) -> None:
        """Hold up each piece for that long, either way."""
        self._set("delay", seconds)

    def black_hole(self, *, on: bool = True) -> None:
        """Accept new connections and swallow what they send; those who were swallowed stay so."""
        self._set("black_hole", on)

    def cut_on(self, pattern: bytes, how: Cut, *, seconds: float = 1, times: int = 1) -> None:
        """Break the next `times` connections whose client sends the pattern (at most 64 bytes)."""
        self._set("pattern_cut", PatternCut(pattern, how, seconds, times))

    def cut_after(self, count: int, direction: Direction) -> None:
        """Forward the next `count` bytes, and reset the connection that carried the last of them."""
        self._set("bytes_cut", BytesCut(direction, count))

    def freeze(self) -> None:
        """Forward nothing more on the connections there are, and close none; new ones are untouched."""
        self._call(lambda: [connection.flowing.clear() for connection in self._connections.values()])

    def thaw(self) -> None:
        """Let the frozen ones go on, with what was under way on them."""
        self._call(lambda: [connection.flowing.set() for connection in self._connections.values()])

    def reset_all(self) -> None:
        """Reset both sides of the connections there are."""

        def reset() -> None:
            self.counts["reset"] += len(self._connections)
            self._cancel()

        self._call(reset)

    def heal(self) -> None:
        """Turn off whatever is on."""
        self.delay(0)
        self.black_hole(on=False)
        self._set("pattern_cut", None)
        self._set("bytes_cut", None)
        self.thaw()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(10), "the proxy did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _set(self, name: str, value: object) -> None:
        self._call(lambda: setattr(self._faults, name, value))

    def _call(self, change: Callable[[], object]) -> None:
        """Make a change on the loop, and wait until it is made."""

        async def make() -> None:
            change()

        asyncio.run_coroutine_threadsafe(make(), self._loop).result(10)

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        listener = await asyncio.start_server(self._accept, "127.0.0.1", 0, family=socket.AF_INET)
        self.port = listener.sockets[0].getsockname()[1]
        self._started.set()
        await self._stopping.wait()
        listener.close()
        self._cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _cancel(self) -> None:
        for task in self._connections:
            task.cancel()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.counts["accepted"] += 1
        connection = Connection(self._faults, reader, writer)
        task = asyncio.create_task(connection.run(*self._upstream))
        self._connections[task] = connection
        task.add_done_callback(self._connections.pop)
