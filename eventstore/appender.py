"""Group commit: many commands wait, one transaction at a time decides and appends for all that have come."""

import asyncio
import logging
import os
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import NamedTuple, Protocol

from eventstore.bus import Bus
from eventstore.clock import Clock, rfc3339
from eventstore.codec import Codec
from eventstore.errors import (
    AnswerGone,
    KeyReused,
    LogConflict,
    LogError,
    LogUnavailable,
    OutcomeUnknown,
    QueueFull,
)
from eventstore.events import Fact
from eventstore.log import (
    CommandKey,
    CommandRecord,
    FactRef,
    Footprint,
    LogWriter,
    NewEvent,
    NewRecord,
    Writes,
    absolute,
)
from eventstore.view import View

MOST_COMMANDS = 256
MOST_BYTES = 1 << 20
QUEUE_LIMIT = 4096
RETRIES = 5
SETTLE_PAUSE = 0.2

logger = logging.getLogger(__name__)


class Decision(NamedTuple):
    """What a command comes to: facts to append and the answer's body.

    Without facts, `position` says which event the answer speaks of (as `Known.position` gives it).
    """

    facts: tuple[Fact, ...]
    answer: bytes
    position: int = 0


class Outcome(NamedTuple):
    """A command's answer; durable. `position` is its last event's, `replayed` says that the key was known."""

    answer: bytes
    position: int
    replayed: bool = False


class Command(Protocol):
    """A decision to take inside the transaction, and the rows and events it needs to see."""

    @property
    def exclusive(self) -> tuple[str, ...]: ...
    @property
    def shared(self) -> tuple[str, ...]: ...
    @property
    def peek(self) -> tuple[str, ...]: ...
    @property
    def refs(self) -> tuple[FactRef, ...]: ...
    @property
    def key(self) -> CommandKey | None: ...
    @property
    def size(self) -> int:
        """Roughly how many bytes it will append."""

    def decide(self, view: View, at: str) -> Decision:
        """Facts and answer. A refusal is raised; it reaches the caller and only this command fails."""

    def owners(self, answer: bytes) -> tuple[str, ...]:
        """The streams that must still be open for a kept answer to be given again."""


@dataclass(slots=True)
class _Ticket:
    command: Command
    future: "asyncio.Future[Outcome]"
    result: Outcome | Exception | None = None


@dataclass(slots=True)
class _Verdict:
    """What a ticket gets once the batch is durable; `position` may still be relative to the batch."""

    ticket: _Ticket
    answer: bytes = b""
    position: int = 0
    replayed: bool = False
    refusal: Exception | None = None


def event_ids() -> Iterator[bytes]:
    """16 bytes for each event of a batch: 96 random bits of the batch, and a count. One system call for all."""
    batch = os.urandom(12)
    return (batch + number.to_bytes(4, "big") for number in count())


class Appender:
    """Feeds one LogWriter from an event loop, on a thread of its own.

    A batch takes what has come while the last one was committed: at most 256 commands and about 1 MiB,
    never waiting for more. Nothing is answered before the commit that its answer rests on.
    """

    def __init__(
        self,
        open_writer: Callable[[], LogWriter],
        bus: Bus,
        clock: Clock,
        codec: Codec | None = None,
        queue_limit: int = QUEUE_LIMIT,
        new_ids: Callable[[], Iterator[bytes]] = event_ids,
    ) -> None:
        self._open_writer = open_writer
        self._bus = bus
        self._clock = clock
        self._codec = codec or Codec()
        self._queue_limit = queue_limit
        self._new_ids = new_ids
        self._queue: deque[_Ticket] = deque()
        self._wake = threading.Event()
        self._closing = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="appender", daemon=True)
        self.acknowledged = 0
        """The position of the last event that this appender has committed."""
        self.available = True
        """Whether the log took the last batch."""

    def start(self) -> None:
        """Start the thread; answers will be given on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def submit(self, command: Command) -> "asyncio.Future[Outcome]":
        """Queue a command; called on the event loop. Raises QueueFull.

        The future ends with the Outcome, the command's own refusal, or a LogError. One that is done
        before its turn comes (cancelled, or past its deadline) is dropped.
        """
        if self._closing or len(self._queue) >= self._queue_limit:
            raise QueueFull("too many commands wait for the log")
        assert self._loop is not None
        ticket = _Ticket(command, self._loop.create_future())
        self._queue.append(ticket)
        self._wake.set()
        return ticket.future

    def close(self) -> None:
        """Append what waits, then end the thread."""
        self._closing = True
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        writer: LogWriter | None = None
        while not (self._closing and not self._queue):
            self._wake.wait()
            self._wake.clear()
            while batch := self._take():
                try:
                    writer = writer or self._open_writer()
                    self._append(writer, batch)
                    self.available = True
                except Exception as error:  # noqa: BLE001 - this thread must outlive whatever a batch meets
                    self._report(error, batch)
                    self._close(writer)
                    writer = None
                self._deliver(batch)
        self._close(writer)

    def _take(self) -> list[_Ticket]:
        batch: list[_Ticket] = []
        size = 0
        while self._queue and len(batch) < MOST_COMMANDS and size < MOST_BYTES:
            ticket = self._queue.popleft()
            if not ticket.future.done():
                batch.append(ticket)
                size += ticket.command.size
        return batch

    def _append(self, writer: LogWriter, batch: Sequence[_Ticket]) -> None:
        """Bring every ticket of the batch to a result, in as many transactions as it takes."""
        for attempt in range(RETRIES):
            try:
                self._transact(writer, batch)
                return
            except LogConflict as error:
                if len(batch) > 1:
                    for ticket in batch:
                        self._append(writer, [ticket])
                    return
                logger.info("conflict, attempt %d: %s", attempt + 1, error)
                # Two processes that met once would meet again without a random pause.
                time.sleep(random.uniform(0, 0.01 * 2**attempt))
        self._fail(batch, LogUnavailable("other writers were always faster"))

    def _transact(self, writer: LogWriter, batch: Sequence[_Ticket]) -> None:
        now = self._clock()
        view = View(writer.load(_footprint([ticket.command for ticket in batch])), self._codec)
        writes = Writes(recorded_at=now, events=view.events, streams=view.touched)
        ids = self._new_ids()
        try:
            at = rfc3339(now)
            verdicts = [self._decide(writer, ticket, view, writes, at, ids) for ticket in batch]
        except BaseException:
            writer.rollback()
            raise
        if view.events:
            first = self._commit(writer, writes)
            if first is None:
                raise LogConflict("the commit was lost and has been rolled back")
            self.acknowledged = first + len(view.events) - 1
            self._bus.publish(first, view.events)
        else:
            writer.rollback()
            first = 0
        for verdict in verdicts:
            verdict.ticket.result = verdict.refusal or Outcome(
                verdict.answer, absolute(verdict.position, first), verdict.replayed
            )

    def _decide(
        self, writer: LogWriter, ticket: _Ticket, view: View, writes: Writes, at: str, ids: Iterator[bytes]
    ) -> _Verdict:
        command = ticket.command
        try:
            if command.key is not None and (record := view.record(command.key[:2])) is not None:
                return self._again(writer, ticket, record, view)
            decision = command.decide(view, at)
        except (LogUnavailable, LogConflict):
            raise
        except Exception as error:  # noqa: BLE001 - a refusal or a defect, it belongs to this command's caller
            return _Verdict(ticket, refusal=error)
        view.append(decision.facts, islice(ids, len(decision.facts)))
        position = -len(view.events) if decision.facts else decision.position
        if command.key is not None and decision.facts:
            view.records[command.key[:2]] = CommandRecord(command.key.fingerprint, position, decision.answer)
            writes.records.append(NewRecord(command.key, position, decision.answer))
        return _Verdict(ticket, decision.answer, position)

    def _again(self, writer: LogWriter, ticket: _Ticket, record: CommandRecord, view: View) -> _Verdict:
        """The first answer once more, if the request is the same and what it made still stands."""
        command = ticket.command
        assert command.key is not None
        if record.fingerprint != command.key.fingerprint:
            raise KeyReused(command.key.key)
        owners = command.owners(record.answer)
        if missing := [name for name in owners if name not in view.streams]:
            view.streams.update(writer.peek(missing))
        if any((row := view.stream(name)) is not None and row.closed for name in owners):
            raise AnswerGone(command.key.key)
        return _Verdict(ticket, record.answer, record.position, replayed=True)

    def _commit(self, writer: LogWriter, writes: Writes) -> int | None:
        """The first position; None when the outcome was unknown and turned out to be a rollback."""
        try:
            return writer.commit(writes)
        except OutcomeUnknown as error:
            logger.warning("COMMIT gave no answer, asking the log: %s", error)
        return self._settle(writer, writes.events[0])

    def _settle(self, writer: LogWriter, event: NewEvent) -> int | None:
        # No other batch may start: its numbers rest on the answer. Callers get 503 by their own deadline.
        while True:
            try:
                return writer.settle(event)
            except LogUnavailable as error:
                if self._closing:
                    raise
                logger.warning("the outcome of a COMMIT is still unknown: %s", error)
                time.sleep(SETTLE_PAUSE)

    def _fail(self, batch: Sequence[_Ticket], error: Exception) -> None:
        for ticket in batch:
            if ticket.result is None:
                ticket.result = error

    def _report(self, error: Exception, batch: Sequence[_Ticket]) -> None:
        self.available = False
        if isinstance(error, LogUnavailable):
            logger.warning("the log is not available: %s", error)
            self._fail(batch, error)
        else:
            logger.error("a batch of %d commands failed", len(batch), exc_info=error)
            self._fail(batch, LogUnavailable(str(error)))

    def _close(self, writer: LogWriter | None) -> None:
        if writer is not None:
            try:
                writer.close()
            except LogError as error:
                logger.info("closing a broken connection to the log: %s", error)

    def _deliver(self, batch: Sequence[_Ticket]) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(_resolve, batch)
        except RuntimeError:
            logger.warning("%d answers had no one left to wait for them", len(batch))


def _resolve(batch: Sequence[_Ticket]) -> None:
    for ticket in batch:
        if ticket.future.done():
            continue
        if isinstance(ticket.result, Outcome):
            ticket.future.set_result(ticket.result)
        else:
            ticket.future.set_exception(ticket.result or LogUnavailable("no result"))


def _footprint(commands: Sequence[Command]) -> Footprint:
    exclusive = frozenset(name for command in commands for name in command.exclusive)
    shared = frozenset(name for command in commands for name in command.shared) - exclusive
    return Footprint(
        exclusive=exclusive,
        shared=shared,
        peek=frozenset(name for command in commands for name in command.peek) - exclusive - shared,
        keys=frozenset(command.key[:2] for command in commands if command.key is not None),
        refs=frozenset(ref for command in commands for ref in command.refs),
    )
