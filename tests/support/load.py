"""Clients that post to chats through any of several servers, whatever becomes of those, and note what they saw."""

import asyncio
import random
from collections.abc import Sequence
from typing import Self

from tests.support.client import Client
from tests.support.history import History, Post

CLIENTS = 32
PAUSE = 0.02


class Load:
    """Posts while it is entered.

    Each client posts one message after the other, to a chat picked by chance. Most have their body as their key: an
    attempt that ends without an answer is repeated at a server picked by chance; except that the client leaves
    the message to its fate with the probability `forgets`, and when the load ends. Those without a key, `keyless`
    of all, are never repeated.
    """

    def __init__(
        self,
        urls: Sequence[str],
        chats: Sequence[str],
        *,
        clients: int = CLIENTS,
        forgets: float = 0.1,
        keyless: float = 0.2,
        patience: float = 20,
        seed: int = 1,
    ) -> None:
        """`patience`: for how many seconds a client waits for an answer."""
        self.history = History()
        self._urls, self._chats = urls, chats
        self._clients, self._patience = clients, patience
        self._forgets, self._keyless = forgets, keyless
        self._dice = random.Random(seed)
        self._stopping = asyncio.Event()
        self._running: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._running = [asyncio.create_task(self._post(name)) for name in range(self._clients)]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping.set()
        await asyncio.gather(*self._running)

    async def grown(self, by: int, seconds: float = 60) -> None:
        """Wait until so many more messages were acknowledged."""
        goal = self.history.ends["201"] + by
        async with asyncio.timeout(seconds):
            while self.history.ends["201"] < goal:
                await self._go_on()

    async def until(self, end: str, count: int = 1, seconds: float = 60) -> None:
        """Wait until so many more attempts have ended in that way, as `History.ends` counts them."""
        goal = self.history.ends[end] + count
        async with asyncio.timeout(seconds):
            while self.history.ends[end] < goal:
                await self._go_on()

    async def _go_on(self) -> None:
        await asyncio.sleep(0.01)
        for client in self._running:
            if client.done():
                client.result()

    async def ask_again(self) -> None:
        """After the load: repeat what is unknown and has a key, until each has its answer."""
        assert self._stopping.is_set()
        left = iter([post for post in self.history.unknown if post.keyed])

        async def one() -> None:
            clients = self._connect()
            try:
                for post in left:
                    while post.unknown:
                        await self._attempt(clients, post)
            finally:
                await _close(clients)

        async with asyncio.timeout(60):
            await asyncio.gather(*[one() for _ in range(self._clients)])

    async def repeat(self, count: int = 50) -> None:
        """After the load: post some messages again that were answered; it asserts that the answer is the same."""
        answered = [post for post in self.history.acknowledged if post.keyed]
        clients = self._connect()
        try:
            for post in self._dice.sample(answered, min(count, len(answered))):
                await self._attempt(clients, post)
        finally:
            await _close(clients)

    def _connect(self) -> list[Client]:
        return [Client(url, self._patience) for url in self._urls]

    async def _post(self, name: int) -> None:
        clients = self._connect()
        turn = 0
        try:
            while not self._stopping.is_set():
                turn += 1
                keyed = self._dice.random() >= self._keyless
                post = self.history.invoke(self._dice.choice(self._chats), f"{name}:{turn}", keyed=keyed)
                await self._insist(clients, post)
        finally:
            await _close(clients)

    async def _insist(self, clients: Sequence[Client], post: Post) -> None:
        await self._attempt(clients, post)
        while self._wants(post):
            await asyncio.sleep(PAUSE)
            await self._attempt(clients, post)

    def _wants(self, post: Post) -> bool:
        """Whether the client tries again."""
        fate = not post.keyed or self._dice.random() < self._forgets
        return post.unknown and not fate and not self._stopping.is_set()

    async def _attempt(self, clients: Sequence[Client], post: Post) -> None:
        client = self._dice.choice(clients)
        try:
            answer = await client.post(
                f"{post.chat}/messages", {"body": post.body}, Idempotency_Key=post.body
            )
        except (OSError, EOFError) as error:
            self.history.end(post, error)
            await asyncio.sleep(PAUSE)
        else:
            self.history.end(post, answer)


async def _close(clients: Sequence[Client]) -> None:
    for client in clients:
        await client.close()
