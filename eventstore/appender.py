"""The appender: commands of an event loop wait here, a thread appends all that have come together."""

import asyncio
import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from eventstore.bus import Bus
from eventstore.clock import Clock
from eventstore.codec import Codec
from eventstore.command import Command, Outcome
from eventstore.errors import LogError, LogUnavailable, QueueFull
from eventstore.group_commit import GroupCommit, Ticket
from eventstore.log import Footprint, LogWriter
from eventstore.measures import Measures, Unmeasured

MOST_COMMANDS = 256
MOST_BYTES = 1 << 20
QUEUE_LIMIT = 4096
QUEUE_SECONDS = 1.0
"""Who would wait longer is refused at once, so that the others are not late."""
PROBE_SECONDS = 1.0
BACK_OFF = (0.05, 1.0)

logger = logging.getLogger(__name__)


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
        measures: Measures | None = None,
    ) -> None:
        self._measures = measures or Unmeasured()
        self._open_writer = open_writer
        self._writer: LogWriter | None = None
        self._commits = GroupCommit(bus, clock, codec or Codec())
        self._queue_limit = queue_limit
        self._queue: deque[Ticket] = deque()
        # Of all that came, and of all that were taken: each is written on one thread only.
        self._bytes_in = self._bytes_out = 0
        self._batch_seconds = 0.0
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._pause = 0.0
        self._took_last = False
        self._said = ""
        self._error: str | None = "not asked yet"
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="appender", daemon=True)

    @property
    def acknowledged(self) -> int:
        """The position of the last event that this appender has committed."""
        return self._commits.acknowledged

    @property
    def available(self) -> bool:
        """Whether the log took what it was last given; it is tried every second when nothing comes."""
        return self._took_last and not self._commits.in_doubt and self._thread.is_alive()

    @property
    def error(self) -> str | None:
        """Why the log takes nothing now; None if it does."""
        return None if self.available else self._error or "the log has not told yet what came of a COMMIT"

    @property
    def waiting(self) -> int:
        """How many commands have not been taken into a batch yet."""
        return len(self._queue)

    def start(self) -> None:
        """Start the thread; answers will be given on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def submit(self, command: Command, meta: bytes | None = None) -> "asyncio.Future[Outcome]":
        """Queue a command; called on the event loop. Raises QueueFull, also if it would wait for over a second.

        `meta` goes with its events.

        The future ends with the Outcome, the command's own refusal, or a LogError. One that is done
        before its turn comes (cancelled, or past its deadline) is dropped.
        """
        if self._closing.is_set() or len(self._queue) >= self._queue_limit or self._wait() > QUEUE_SECONDS:
            self._measures.shed()
            raise QueueFull("too many commands wait for the log")
        assert self._loop is not None
        ticket = Ticket(command, self._loop.create_future(), meta=meta)
        self._queue.append(ticket)
        self._bytes_in += _share(command)
        # One that is set is cleared before the queue is looked at, so what is in it then is seen.
        if not self._wake.is_set():
            self._wake.set()
        return ticket.future

    def close(self) -> None:
        """Append what waits, then end the thread."""
        self._closing.set()
        self._commits.give_up = True
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _wait(self) -> float:
        """Seconds that whole batches before a new command are likely to take; 0 if it goes with the next one."""
        waiting = self._bytes_in - self._bytes_out
        return max(len(self._queue) // MOST_COMMANDS, waiting // MOST_BYTES) * self._batch_seconds

    def _run(self) -> None:
        self._attempt(())
        while not (self._closing.is_set() and not self._queue):
            if not self._wake.wait(PROBE_SECONDS):
                self._attempt(())
            self._wake.clear()
            while batch := self._take():
                began = time.monotonic()
                self._attempt(batch)
                # Of the last few, so that one that was slow turns nobody away.
                self._batch_seconds += (time.monotonic() - began - self._batch_seconds) / 4
        self._drop_writer()

    def _take(self) -> list[Ticket]:
        batch: list[Ticket] = []
        size = 0
        while self._queue and len(batch) < MOST_COMMANDS and size < MOST_BYTES:
            ticket = self._queue.popleft()
            self._bytes_out += _share(ticket.command)
            if not ticket.future.done():
                batch.append(ticket)
                size += _share(ticket.command)
        return batch

    def _attempt(self, batch: Sequence[Ticket]) -> None:
        """Append the batch, or without one see whether the log is there; every ticket gets its answer."""
        try:
            self._writer = self._writer or self._open()
            if batch:
                self._append(self._writer, batch)
            else:
                self._writer.load(_NOTHING)
                self._writer.rollback()
            self._note(None)
        except Exception as error:  # noqa: BLE001 - this thread must outlive whatever a batch meets
            self._note(error)
            for ticket in batch:
                ticket.result = ticket.result or LogUnavailable(str(error))
            self._drop_writer()
        self._deliver(batch)

    def _append(self, writer: LogWriter, batch: Sequence[Ticket]) -> None:
        began, before = time.monotonic(), self._commits.appended
        self._commits.append(writer, batch)
        replays = sum(1 for ticket in batch if isinstance(ticket.result, Outcome) and ticket.result.replayed)
        self._measures.appended(self._commits.appended - before, replays, time.monotonic() - began)

    def _open(self) -> LogWriter:
        """A new writer; after failures not before a pause, in which commands gather instead of failing at once."""
        self._closing.wait(self._pause * random.uniform(0.5, 1))
        self._pause = min(max(self._pause * 2, BACK_OFF[0]), BACK_OFF[1])
        return self._open_writer()

    def _note(self, error: Exception | None) -> None:
        """Logged when it changes, or is a defect."""
        if error is None:
            self._pause = 0.0
        if error is not None and not isinstance(error, LogError):
            logger.error("a batch failed", exc_info=error)
        elif (said := "available" if error is None else f"not available: {error}") != self._said:
            self._said = said
            logger.log(logging.INFO if error is None else logging.WARNING, "the log is %s", said)
        self._took_last = error is None
        self._error = None if error is None else str(error)

    def _drop_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            try:
                writer.close()
            except Exception as error:  # noqa: BLE001 - it is given up anyway, and the thread must go on
                logger.info("closing a broken connection to the log: %s", error)

    def _deliver(self, batch: Sequence[Ticket]) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(_resolve, batch)
        except RuntimeError:
            logger.warning("%d answers had no one left to wait for them", len(batch))


_NOTHING = Footprint(frozenset(), frozenset(), frozenset(), frozenset(), frozenset())


def _share(command: Command) -> int:
    """Bytes that it takes of a batch: what is larger than one goes as one, and is not waited for as several."""
    return min(command.size, MOST_BYTES)


def _resolve(batch: Sequence[Ticket]) -> None:
    for ticket in batch:
        if ticket.future.done():
            continue
        if isinstance(ticket.result, Outcome):
            ticket.future.set_result(ticket.result)
        else:
            ticket.future.set_exception(ticket.result or LogUnavailable("no result"))
