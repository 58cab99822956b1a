"""Group commit: one transaction decides and appends for all commands of a batch."""

import asyncio
import logging
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice

from eventstore.bus import Bus
from eventstore.clock import Clock, rfc3339
from eventstore.codec import Codec
from eventstore.command import Command, Outcome
from eventstore.crashpoints import crashpoint
from eventstore.errors import (
    AnswerGone,
    KeyReused,
    LockTimeout,
    LogConflict,
    LogContended,
    LogUnavailable,
    OutcomeUnknown,
    RolledBack,
    TooLarge,
)
from eventstore.log import CommandRecord, Footprint, LogWriter, NewEvent, NewRecord, Writes, absolute
from eventstore.view import View

RETRIES = 5
SETTLE_PAUSE = 0.2

logger = logging.getLogger(__name__)


def event_ids() -> Iterator[bytes]:
    """16 bytes for each event of a batch: 96 random bits of the batch, and a count. One system call for all."""
    batch = os.urandom(12)
    return (batch + number.to_bytes(4, "big") for number in count())


@dataclass(slots=True)
class Ticket:
    """A command that waits; `result` is there when its batch is durable or has failed.

    `meta` goes with its events.
    """

    command: Command
    future: "asyncio.Future[Outcome]"
    result: Outcome | Exception | None = None
    meta: bytes | None = None


@dataclass(slots=True)
class _Verdict:
    """What a ticket gets once the batch is durable; `position` may still be relative to the batch."""

    ticket: Ticket
    answer: bytes = b""
    position: int = 0
    replayed: bool = False
    refusal: Exception | None = None


class GroupCommit:
    """Brings batches to results; for one thread."""

    def __init__(
        self, bus: Bus, clock: Clock, codec: Codec, new_ids: Callable[[], Iterator[bytes]] = event_ids
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._codec = codec
        self._new_ids = new_ids
        self.give_up = False
        """Set from outside to stop asking for the outcome of a COMMIT."""
        self.in_doubt = False
        """Whether a COMMIT has given no answer and the log has not yet told its outcome."""
        self.acknowledged = 0
        """The position of the last event that was committed here."""
        self.appended = 0
        """How many events were."""

    def append(self, writer: LogWriter, batch: Sequence[Ticket], *, patient: bool = True) -> None:
        """Give every ticket its result, in as many transactions as it takes; `patient`: wait twice for a lock.

        Raises LogUnavailable; tickets without a result have then changed nothing.
        """
        rolled_back = False
        for attempt in range(RETRIES):
            # Whoever was told that it failed must not act after that.
            batch = [ticket for ticket in batch if not ticket.future.done()]
            if not batch:
                return
            try:
                self._transact(writer, batch)
                return
            except RolledBack as error:
                if rolled_back:
                    raise LogUnavailable(str(error)) from error
                rolled_back = True
            except LogConflict as error:
                if len(batch) > 1:
                    self._one_by_one(writer, batch)
                    return
                if isinstance(error, TooLarge):
                    batch[0].result = error
                    return
                _step_aside(attempt, error)
            except LockTimeout as error:
                if len(batch) > 1:
                    self._one_by_one(writer, batch)
                    return
                if attempt or not patient:
                    break
                _step_aside(attempt, error)
            except LogContended as error:
                _step_aside(attempt, error)
        for ticket in batch:
            ticket.result = LogUnavailable("other writers were always faster")

    def _one_by_one(self, writer: LogWriter, batch: Sequence[Ticket]) -> None:
        """So that only those fail that must: what one waited for in vain, no other waits for again."""
        stuck: set[str] = set()
        for ticket in batch:
            if stuck.isdisjoint(ticket.command.exclusive):
                self.append(writer, [ticket], patient=False)
                if isinstance(ticket.result, LogUnavailable):
                    stuck.update(ticket.command.exclusive)
            else:
                ticket.result = LogUnavailable("another process holds its rows")

    def _transact(self, writer: LogWriter, batch: Sequence[Ticket]) -> None:
        view = View(writer.load(_footprint([ticket.command for ticket in batch])), self._codec)
        # After the wait for the locks: the facts of a stream then tell their times in order.
        now = self._clock()
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
            self.acknowledged = first + len(view.events) - 1
            self.appended += len(view.events)
            self._bus.publish(first, view.events, now)
            crashpoint("append-after-publish")
        else:
            writer.rollback()
            first = 0
        for verdict in verdicts:
            verdict.ticket.result = verdict.refusal or Outcome(
                verdict.answer, absolute(verdict.position, first), verdict.replayed
            )

    def _decide(
        self, writer: LogWriter, ticket: Ticket, view: View, writes: Writes, at: str, ids: Iterator[bytes]
    ) -> _Verdict:
        command = ticket.command
        try:
            command.admit(view)
            if command.key is not None and (record := view.record(command.key[:2])) is not None:
                return self._again(writer, ticket, record, view)
            decision = command.decide(view, at)
        except (LogUnavailable, LogConflict, LogContended):
            raise
        except Exception as error:  # noqa: BLE001 - a refusal or a defect, it belongs to this command's caller
            return _Verdict(ticket, refusal=error)
        view.append(decision.facts, islice(ids, len(decision.facts)), ticket.meta)
        position = -len(view.events) if decision.facts else decision.position
        if command.key is not None and decision.facts:
            view.records[command.key[:2]] = CommandRecord(command.key.fingerprint, position, decision.answer)
            writes.records.append(NewRecord(command.key, position, decision.answer))
        return _Verdict(ticket, decision.answer, position)

    def _again(self, writer: LogWriter, ticket: Ticket, record: CommandRecord, view: View) -> _Verdict:
        """The first answer once more, if the request is the same and what it made still stands."""
        command = ticket.command
        assert command.key is not None
        if record.fingerprint != command.key.fingerprint:
            raise KeyReused(command.key.key)
        owners = command.owners(record.answer)
        missing = [name for name in owners if name not in view.streams]
        # Beside the view: no other command of the batch may decide on rows that are not under its locks.
        rows = {**writer.peek(missing), **view.streams} if missing else view.streams
        if any((row := rows.get(name)) is not None and row.closed for name in owners):
            raise AnswerGone(command.key.key)
        return _Verdict(ticket, record.answer, record.position, replayed=True)

    def _commit(self, writer: LogWriter, writes: Writes) -> int:
        """The first position. Raises RolledBack if COMMIT gave no answer and nothing was written."""
        try:
            return writer.commit(writes)
        except OutcomeUnknown as error:
            logger.warning("COMMIT gave no answer, asking the log: %s", error)
            self.in_doubt = True
            try:
                first = self._settle(writer, writes.events[0])
            finally:
                self.in_doubt = False
            if first is None:
                raise RolledBack(f"COMMIT failed: {error}") from error
            return first

    def _settle(self, writer: LogWriter, event: NewEvent) -> int | None:
        # No other batch may start: its numbers rest on the answer. Callers get 503 by their own deadline.
        while True:
            try:
                return writer.settle(event)
            except (LogUnavailable, LogContended) as error:
                # That others hold the rows says nothing about this batch: to try it again could write it twice.
                if self.give_up:
                    raise LogUnavailable(str(error)) from error
                logger.warning("the outcome of a COMMIT is still unknown: %s", error)
                time.sleep(SETTLE_PAUSE)


def _step_aside(attempt: int, error: Exception) -> None:
    logger.info("attempt %d: %s", attempt + 1, error)
    # Two processes that met once would meet again without a random pause.
    time.sleep(random.uniform(0, 0.01 * 2**attempt))


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
