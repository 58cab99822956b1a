"""Posts to one chat at a steady rate, and a reader that checks that all it sees only ever grows."""

import asyncio
from typing import Self

from tests.support.client import Client

WRITERS = 8


class Growing:
    """Does so while it is entered; `posted` and `reads` count."""

    def __init__(self, commands: str, queries: str, chat: str, rate: int) -> None:
        """`commands` and `queries` are addresses, `chat` is a path, `rate` is messages per second."""
        self._commands = commands
        self._queries = queries
        self._chat = chat
        self._rate = rate
        self._stop = asyncio.Event()
        self._running: list[asyncio.Task[None]] = []
        self._due = 0
        self._started = 0.0
        self.posted = 0
        self.reads = 0

    async def __aenter__(self) -> Self:
        self._started = asyncio.get_running_loop().time()
        self._running = [asyncio.create_task(self._write()) for _ in range(WRITERS)]
        self._running.append(asyncio.create_task(self._read()))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await asyncio.gather(*self._running)

    @property
    def pace(self) -> float:
        """Messages per second since the start."""
        return self.posted / (asyncio.get_running_loop().time() - self._started)

    async def more(self, reads: int, seconds: float = 120) -> None:
        """Wait until so much more was read, and fail if anything has failed."""
        goal = self.reads + reads
        async with asyncio.timeout(seconds):
            while self.reads < goal:
                for task in self._running:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.01)

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        async with Client(self._commands) as client:
            while not self._stop.is_set():
                self._due += 1
                await asyncio.sleep(max(0, self._started + self._due / self._rate - loop.time()))
                answer = await client.post(f"{self._chat}/messages", {"body": "needle in a haystack"})
                assert answer.status == 201, answer
                self.posted += 1

    async def _read(self) -> None:
        seen = (0, 0, 0)
        async with Client(self._queries) as client:
            while not self._stop.is_set():
                chat = await client.get(self._chat)
                newest = await client.get(f"{self._chat}/messages?order=desc&limit=1")
                found = await client.get(f"{self._chat}/messages/search?q=needle&limit=1")
                assert [chat.status, newest.status, found.status] == [200, 200, 200], (chat, newest, found)
                now = (
                    chat.json()["messages_count"],
                    newest.json()["items"][0]["number"],
                    found.json()["total"],
                )
                assert all(new >= old for new, old in zip(now, seen, strict=True)), (seen, now)
                seen = now
                self.reads += 1
