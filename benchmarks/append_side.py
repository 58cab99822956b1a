"""What a POST costs behind the queue: its share of a batch, on the processor, step by step."""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import islice

from benchmarks.request_side import cost
from commands.dispatcher import Dispatcher
from commands.handlers.messages import PostMessageHandler
from commands.intents import PostMessage
from commands.keyrings import Keyrings
from eventstore.appender import Appender
from eventstore.clock import rfc3339, system_clock
from eventstore.codec import Codec
from eventstore.group_commit import GroupCommit, Ticket, event_ids
from eventstore.inprocess_bus import InProcessBus
from eventstore.log import Footprint, Loaded, Log, LogWriter, NewEvent, StreamState, Writes
from eventstore.mysql_append import append_statements
from eventstore.mysql_locks import locking
from eventstore.open import open_log
from eventstore.view import View

BATCHES = 60
TEXT = "Shall we meet at the café on the corner at eight, or is that too late for you?"


async def append_side(url: str, paths: list[str], batch: int) -> dict[str, float]:
    """Microseconds of one message in a batch of `batch`; those of `commit` hold all but `queue`."""
    with closing(open_log(url)) as log:
        queue = await _queue(log, paths, batch)
        with closing(log.writer()) as writer:
            return {"queue": queue, **_commit(writer, paths, batch)}


def _commands(paths: list[str], batch: int) -> list[PostMessageHandler]:
    chosen = (path.split("/") for path in random.choices(paths, k=batch))
    return [
        PostMessageHandler(PostMessage(token=parts[2], chat=int(parts[4]), body=TEXT), None)
        for parts in chosen
    ]


async def _queue(log: Log, paths: list[str], batch: int) -> float:
    """What the event loop's thread does for a command, from the dispatcher to its outcome and back."""
    appender = Appender(log.writer, InProcessBus(), system_clock)
    appender.start()
    dispatcher = Dispatcher(appender, Keyrings(log))
    costs = []
    for _ in range(BATCHES):
        commands = _commands(paths, batch)
        began = time.thread_time()
        await asyncio.gather(*[dispatcher.send(command) for command in commands])
        sent = time.thread_time()
        await asyncio.gather(*[_nothing() for _ in commands])
        costs.append((sent - began) - (time.thread_time() - sent))
    appender.close()
    return sorted(costs)[BATCHES // 4] / batch * 1e6


async def _nothing() -> None:
    pass


class _Watched:
    """Implements `LogWriter` by another one, and keeps what goes through it and what that costs this thread."""

    def __init__(self, writer: LogWriter) -> None:
        self._writer = writer
        self.loading = self.committing = 0.0
        self.footprint: Footprint
        self.loaded: Loaded
        self.writes: Writes

    def load(self, footprint: Footprint) -> Loaded:
        began = time.thread_time()
        self.footprint, self.loaded = footprint, self._writer.load(footprint)
        self.loading = time.thread_time() - began
        return self.loaded

    def commit(self, writes: Writes) -> int:
        began = time.thread_time()
        self.writes, first = writes, self._writer.commit(writes)
        self.committing = time.thread_time() - began
        return first

    def peek(self, names: Sequence[str]) -> Mapping[str, StreamState]:
        return self._writer.peek(names)

    def rollback(self) -> None:
        self._writer.rollback()

    def settle(self, event: NewEvent) -> int | None:
        return self._writer.settle(event)

    def expire_keys(self, before: int, limit: int) -> int:
        return self._writer.expire_keys(before, limit)

    def close(self) -> None:
        self._writer.close()


def _commit(writer: LogWriter, paths: list[str], batch: int) -> dict[str, float]:
    watched, loop = _Watched(writer), asyncio.get_running_loop()
    commits = GroupCommit(InProcessBus(), system_clock, Codec())
    whole, loading, committing = [], [], []
    for _ in range(BATCHES):
        tickets = [Ticket(command, loop.create_future()) for command in _commands(paths, batch)]
        began = time.thread_time()
        commits.append(watched, tickets)
        whole.append(time.thread_time() - began)
        loading.append(watched.loading)
        committing.append(watched.committing)
    commands, at = [ticket.command for ticket in tickets], rfc3339(system_clock())
    view, facts = View(watched.loaded, Codec()), []
    for command in commands:
        # One after the other: two of them may be for the same chat.
        facts.append(command.decide(view, at).facts)
        view.append(facts[-1], islice(event_ids(), 1))

    def take() -> None:
        fresh, ids = View(watched.loaded, Codec()), event_ids()
        for one in facts:
            fresh.append(one, islice(ids, 1))

    footprint, numbers = watched.footprint, dict.fromkeys(watched.writes.streams, 1)
    shares = {
        "commit": _quarter(whole),
        "locks": _quarter(loading),
        "locks text": cost(lambda: ";".join(locking(footprint.exclusive, footprint.shared)), 100),
        "insert": _quarter(committing),
        "insert text": cost(lambda: ";".join(append_statements(watched.writes, numbers)), 100),
        "rules": cost(lambda: [command.decide(view, at) for command in commands], 100),
        "view": cost(take, 100) - cost(lambda: View(watched.loaded, Codec()), 100),
    }
    return {name: microseconds / batch for name, microseconds in shares.items()}


def _quarter(seconds: list[float]) -> float:
    """Microseconds at the lower quartile: what disturbs a batch is not the batch's."""
    return sorted(seconds)[len(seconds) // 4] * 1e6
