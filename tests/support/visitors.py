"""Clients that read, search, edit and delete beside a load of posts, and what each answer may be."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from typing import Self

from tests.support.client import Answer, Client

AGAIN = 0.02


class Visitors:
    """Come while it is entered. `ends` counts statuses by who came, and `lost` for an answer that did not come."""

    def __init__(
        self, commands: Sequence[str], queries: Sequence[str], chats: Sequence[str], seed: int
    ) -> None:
        """The addresses of both sides; `queries` is looked at anew for each visit, for they may move."""
        self._commands = commands
        self._queries = queries
        self._chats = chats
        self._dice = random.Random(seed)
        self._stop = asyncio.Event()
        self._running: list[asyncio.Task[None]] = []
        self.ends: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        kinds = (self._reader, self._reader, self._searcher, self._editor)
        self._running = [asyncio.create_task(kind()) for kind in kinds]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await asyncio.gather(*self._running)

    async def _reader(self) -> None:
        """A page, then one message of it, which must not be older than the page."""
        while not self._stop.is_set():
            chat = self._dice.choice(self._chats)
            page = await self._ask("read", "GET", f"{chat}/messages?order=desc&limit=2")
            if page is not None and page.status == 200:
                numbers = [item["number"] for item in page.json()["items"]]
                assert numbers == sorted(numbers, reverse=True), numbers
            await asyncio.sleep(AGAIN)

    async def _searcher(self) -> None:
        while not self._stop.is_set():
            chat = self._dice.choice(self._chats)
            found = await self._ask("search", "GET", f"{chat}/messages/search?q=0&limit=5")
            if found is not None and found.status == 200:
                assert all("0" in item["body"] for item in found.json()["items"]), found
            await asyncio.sleep(AGAIN)

    async def _editor(self) -> None:
        """Edits or deletes a message that may be there, then reads it back as new as that."""
        while not self._stop.is_set():
            message = f"{self._dice.choice(self._chats)}/messages/{self._dice.randint(1, 200)}"
            if self._dice.random() < 0.2:
                done = await self._ask("delete", "DELETE", message)
                expected = 404
            else:
                done = await self._ask("edit", "PATCH", message, {"body": "edited 0"})
                expected = 200
            if done is not None and done.status in (200, 204):
                fresh = {"Min-Log-Position": done.headers["log-position"]}
                read = await self._ask("fresh", "GET", message, None, fresh)
                assert read is None or read.status in (expected, 503), (message, done, read)
            await asyncio.sleep(AGAIN)

    async def _ask(
        self,
        who: str,
        method: str,
        path: str,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> Answer | None:
        side = self._queries if method == "GET" else self._commands
        client = Client(self._dice.choice(side))
        try:
            async with client:
                answer = await client.request(method, path, body, headers)
        except (OSError, EOFError):
            self.ends[f"{who} lost"] += 1
            return None
        self.ends[f"{who} {answer.status}"] += 1
        return answer
