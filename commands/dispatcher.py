"""Hands commands to the appender: one deadline for all, and twins of a key one after the other."""

import asyncio
from typing import Any, Protocol

from commands.admission import KeyringMoved
from commands.deadlines import Deadlines
from commands.handlers.handler import Handler
from commands.keyrings import Keyrings
from eventstore.command import Command, Outcome
from eventstore.errors import LogUnavailable
from eventstore.origin import pack
from web.trace import current

# A little longer than an answer of the database is waited for, and an eighth of it may come on top.
DEADLINE = 5.25
TWIN_DEADLINE = 5.0
ATTEMPTS = 5


class StillRunning(Exception):
    """The first request with this idempotency key has not ended yet."""


class Queue(Protocol):
    """Where commands wait for their transaction; the appender is one."""

    def submit(self, command: Command, meta: bytes | None = None) -> "asyncio.Future[Outcome]": ...


class Dispatcher:
    """Sends commands and waits for their durable outcome, on one event loop."""

    def __init__(
        self,
        queue: Queue,
        keyrings: Keyrings,
        deadline: float = DEADLINE,
        twin_deadline: float = TWIN_DEADLINE,
    ) -> None:
        self._queue = queue
        self._keyrings = keyrings
        self._deadlines = Deadlines(deadline)
        self._twin_deadline = twin_deadline
        self._keyring_deadline = deadline
        self._running: dict[tuple[str, str], asyncio.Future[Outcome]] = {}

    async def send(self, handler: Handler[Any]) -> Outcome:
        """The command's outcome, once it is durable.

        Raises the command's Refusal, a LogError, LogUnavailable after the deadline (the outcome is then
        unknown; a retry with the same key is safe), or StillRunning.
        """
        token = handler.intent.token
        for _ in range(ATTEMPTS):
            handler.keyring = self._keyrings.of(token)
            try:
                return await self._send(handler)
            except KeyringMoved as moved:
                try:
                    async with asyncio.timeout(self._keyring_deadline):
                        await self._keyrings.catch_up(token, moved)
                except TimeoutError:
                    raise LogUnavailable("the keys could not be read in time") from None
        raise LogUnavailable("the keys change faster than they can be read")

    async def _send(self, handler: Handler[Any]) -> Outcome:
        trace = current.get()
        meta = None if trace is None else pack(trace.request_id, trace.traceparent)
        if handler.key is None:
            return await self._deadlines.over(self._queue.submit(handler, meta))
        name = handler.key[:2]
        if (twin := self._running.get(name)) is not None:
            await asyncio.wait([twin], timeout=self._twin_deadline)
            if not twin.done():
                raise StillRunning(handler.key.key)
            # Waiting for each other in turn could go on for ever; the queue puts them in order anyway.
        future = self._queue.submit(handler, meta)
        if self._running.setdefault(name, future) is future:
            future.add_done_callback(lambda _: self._running.pop(name))
        return await self._deadlines.over(future)
