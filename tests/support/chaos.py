"""Kills what it is given and starts it again, again and again, at moments picked by chance."""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from typing import NamedTuple, Self

ALIVE_SECONDS = (1.0, 8.0)
AWAY_SECONDS = (0.0, 4.0)

logger = logging.getLogger(__name__)


class Victim(NamedTuple):
    """How it is killed, and how it is started; both return when that is done."""

    kill: Callable[[], object]
    start: Callable[[], object]


class Chaos:
    """At work while it is entered; all victims run again when it is left. `kills` counts them by name."""

    def __init__(self, victims: Mapping[str, Victim], seed: int) -> None:
        self._victims = victims
        self._dice = random.Random(seed)
        self._stop = asyncio.Event()
        self._running: list[asyncio.Task[None]] = []
        self.kills = dict.fromkeys(victims, 0)

    async def __aenter__(self) -> Self:
        self._running = [asyncio.create_task(self._torment(name)) for name in self._victims]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await asyncio.gather(*self._running)

    async def killed_all(self) -> None:
        """Wait until each was killed at least once; fails if one does not come again."""
        while not all(self.kills.values()):
            for task in self._running:
                if task.done():
                    task.result()
            await asyncio.sleep(0.05)

    async def _torment(self, name: str) -> None:
        victim = self._victims[name]
        while not await self._stopped_within(ALIVE_SECONDS):
            await asyncio.to_thread(victim.kill)
            self.kills[name] += 1
            logger.info("%s is killed", name)
            await self._stopped_within(AWAY_SECONDS)
            await asyncio.to_thread(victim.start)
            logger.info("%s is there again", name)

    async def _stopped_within(self, seconds: tuple[float, float]) -> bool:
        try:
            async with asyncio.timeout(self._dice.uniform(*seconds)):
                await self._stop.wait()
        except TimeoutError:
            return False
        return True
