"""How far a read model is, as far as this process knows, and who waits for it to get further."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from heapq import heapify, heappop, heappush
from itertools import count

from projections.readmodel.errors import NotThere, ReadModelUnavailable

logger = logging.getLogger(__name__)

LOOK_EVERY = 0.05


class Progress:
    """Waiting is for one event loop, `advance` for any thread."""

    def __init__(self, look: Callable[[], Awaitable[int]]) -> None:
        """`look` asks the store itself; called only while somebody waits, every LOOK_EVERY seconds or on a word."""
        self._look = look
        self._lock = threading.Lock()
        self._position = 0
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._ticket = count()
        self._waking = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._looking: asyncio.Task[None] | None = None
        self._told = False
        self._word = asyncio.Event()

    @property
    def position(self) -> int:
        """The highest position that is known to be reached."""
        return self._position

    def advance(self, position: int) -> None:
        """`position` is reached. Many calls in a row cost the loop one wake-up."""
        if position <= self._position:
            return
        with self._lock:
            self._position = max(position, self._position)
            if self._waking or not self._waiting or self._position < self._waiting[0][0]:
                return
            self._waking = True
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(self._wake)
        except RuntimeError:
            logger.debug("position %d was reached after the loop had ended", position)

    def hear(self, position: int) -> None:
        """Word from elsewhere that `position` is reached, be it true or not: who waits for it makes this look now."""
        with self._lock:
            if self._told or not self._waiting or not self._position < self._waiting[0][0] <= position:
                return
            self._told = True
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(self._word.set)
        except RuntimeError:
            logger.debug("word of position %d came after the loop had ended", position)

    async def wait(self, position: int, timeout: float) -> None:
        """Until `position` is reached; raises NotThere after `timeout` seconds."""
        self._loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = self._loop.create_future()
        with self._lock:
            if position <= self._position:
                return
            heappush(self._waiting, (position, next(self._ticket), future))
        if self._looking is None:
            self._looking = self._loop.create_task(self._keep_looking())
        try:
            async with asyncio.timeout(timeout):
                await future
        except TimeoutError:
            raise NotThere(position, self._position) from None

    def close(self) -> None:
        """End every wait; called on the loop."""
        if self._looking is not None:
            self._looking.cancel()
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for _, _, future in waiting:
            if not future.done():
                future.set_exception(ReadModelUnavailable("the reads are being closed"))

    def _wake(self) -> None:
        reached = []
        with self._lock:
            self._waking = False
            while self._waiting and self._waiting[0][0] <= self._position:
                reached.append(heappop(self._waiting)[2])
        for future in reached:
            if not future.done():
                future.set_result(None)

    async def _keep_looking(self) -> None:
        # Another process may be the one that follows: at best there is word of it, and words are no knowledge.
        listen = True
        try:
            while self._first_waited_for() is not None:
                told = await self._pause(listen=listen)
                if (first := self._first_waited_for()) is None:
                    break
                try:
                    self.advance(await self._look())
                except ReadModelUnavailable as error:
                    logger.info("asking how far the read model is: %s", error)
                except Exception:
                    logger.exception("asking how far the read model is")
                # Who spoke too early is not listened to again before a look is due anyway.
                listen = not told or self._position >= first
        finally:
            self._looking = None

    async def _pause(self, *, listen: bool) -> bool:
        """Until the next look is due; whether a word ended it before that."""
        told = False
        if listen:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    told = await self._word.wait()
        else:
            await asyncio.sleep(LOOK_EVERY)
        with self._lock:
            self._told = False
        self._word.clear()
        return told

    def _first_waited_for(self) -> int | None:
        """The lowest position that somebody waits for; None if nobody waits."""
        with self._lock:
            self._waiting = [entry for entry in self._waiting if not entry[2].done()]
            heapify(self._waiting)
            return self._waiting[0][0] if self._waiting else None
