"""Turns, so that one application's reads can't take every thread."""

from asyncio import Semaphore
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from projections.readmodel.errors import ReadModelUnavailable


class Turns:
    """At most `running` of one owner at a time; its others wait here, and not in the queue of all."""

    def __init__(self, running: int, most: int) -> None:
        """`most` of one owner may run or wait."""
        self._running = running
        self._most = most
        self._turns: dict[str, Semaphore] = {}
        self._count: Counter[str] = Counter()

    @asynccontextmanager
    async def of(self, owner: str) -> AsyncIterator[None]:
        """A turn of `owner`, in the order of asking. Raises ReadModelUnavailable if too many wait."""
        if self._count[owner] >= self._most:
            raise ReadModelUnavailable(f"{self._most} reads of one application wait already")
        self._count[owner] += 1
        try:
            async with self._turns.setdefault(owner, Semaphore(self._running)):
                yield
        finally:
            self._count[owner] -= 1
            if not self._count[owner]:
                del self._count[owner]
                self._turns.pop(owner, None)
