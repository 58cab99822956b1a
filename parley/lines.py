"""Writes the lines of the log beside what the process does: whoever reads them slowly slows nothing down."""

import atexit
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from select import PIPE_BUF

MOST_LINES = 10_000
"""Kept for a reader that does not read; more are dropped, and counted."""
GATHER = 0.05
"""Lines that come within so many seconds are written at once: to wake a thread for each costs more than the line."""
GOOD_BYE = 2.0
"""How long the last lines of a process wait for a slow reader."""
LONGEST = PIPE_BUF
"""Bytes that a pipe takes at once: more of them come torn into those of another process that writes to it."""
CUT = b" [cut]\n"

Line = bytes | Callable[[], bytes]
"""It ends with a newline; or what makes it, on the thread that writes: of many at once each takes half the time."""

logger = logging.getLogger(__name__)


class Lines:
    """Gives lines to a file descriptor on a thread of its own.

    Not by a descriptor that does not block: whether it does is a property of what it leads to, which other
    processes share. What waits when the process is killed is lost.
    """

    def __init__(self, descriptor: int, lost: Callable[[int], bytes], most: int = MOST_LINES) -> None:
        """`lost` makes the line that tells how many are missing."""
        self._descriptor = descriptor
        self._lost = lost
        self._most = most
        self._waiting: deque[Line] = deque()
        self.dropped = 0
        """How many lines had to go."""
        self.failed = 0
        """How many could not be made."""
        self._told = 0
        self._reset()
        os.register_at_fork(after_in_child=self._after_fork)
        atexit.register(self.flush)

    @property
    def waiting(self) -> int:
        """How many lines have not been given to the descriptor yet."""
        return len(self._waiting)

    def put(self, line: Line) -> None:
        """Add a line; for any thread, and never waits."""
        if len(self._waiting) >= self._most:
            self.dropped += 1
            return
        self._waiting.append(line)
        if not self._filled.is_set():
            self._filled.set()
            if not self._running:
                self._start()

    def flush(self, seconds: float = GOOD_BYE) -> None:
        """Wait until all is written that was put before, for so long at most."""
        until = time.monotonic() + seconds
        self._hurry.set()
        while (self._waiting or self._writing) and self._running and time.monotonic() < until:
            self._idle.wait(0.01)
        self._hurry.clear()

    def _reset(self) -> None:
        self._filled = threading.Event()
        self._hurry = threading.Event()
        self._idle = threading.Event()
        self._starting = threading.Lock()
        self._running = self._writing = False

    def _after_fork(self) -> None:
        # The parent's thread is not here, and what it had in hand is its own to write.
        self._waiting.clear()
        self._reset()

    def _start(self) -> None:
        with self._starting:
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="log lines", daemon=True).start()

    def _run(self) -> None:
        while True:
            self._filled.wait()
            self._hurry.wait(GATHER)
            self._filled.clear()
            self._writing = True
            self._idle.clear()
            for piece in pieces(self._take()):
                self._write(piece)
            self._writing = False
            self._idle.set()

    def _take(self) -> list[bytes]:
        taken = []
        while self._waiting:
            line = self._waiting.popleft()
            taken.append(line if isinstance(line, bytes) else self._made(line))
        if self.dropped != self._told:
            taken.append(self._lost(self.dropped - self._told))
            self._told = self.dropped
        return taken

    def _made(self, line: Callable[[], bytes]) -> bytes:
        try:
            return line()
        except Exception:
            # Whatever it is, it must not end the thread, and with it the log of this process.
            self.failed += 1
            if self.failed == 1:
                logger.exception("a line of the log could not be made; later ones are only counted")
            return b""

    def _write(self, text: bytes) -> None:
        left = memoryview(text)
        while left:
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:
                # Whoever shares it has made it so that it does not block.
                time.sleep(GATHER)
            except OSError:
                # Nobody reads any more: there is no one left to tell it to.
                return


def pieces(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines, whole ones, joined as far as LONGEST allows; one that is longer by itself is cut."""
    piece = b""
    for line in lines:
        for part in [line] if len(line) <= LONGEST else map(_cut, line.splitlines(keepends=True)):
            if len(piece) + len(part) > LONGEST:
                yield piece
                piece = b""
            piece += part
    if piece:
        yield piece


def _cut(line: bytes) -> bytes:
    if len(line) <= LONGEST:
        return line
    # Not within a character.
    return line[: LONGEST - len(CUT)].decode(errors="ignore").encode() + CUT
