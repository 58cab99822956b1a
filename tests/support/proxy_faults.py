"""The faults that the proxy knows, and when each of them is due."""

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum


class Direction(Enum):
    """Which way bytes go."""

    TO_SERVER = "to server"
    TO_CLIENT = "to client"


class Cut(Enum):
    """What becomes of a connection whose client has sent a pattern; what came before it is always forwarded."""

    BEFORE = "the pattern is dropped, and both sides are reset"
    REPLY_LOST = "the pattern is forwarded, the reply dropped, and then both sides are reset"
    UNANSWERED = (
        "the pattern is forwarded and the client reset at once; the server's side is kept for a while"
    )
    HELD = "the client is reset at once, and the pattern forwarded after a while"


@dataclass(slots=True)
class PatternCut:
    """For the next `times` connections whose client sends the pattern; `seconds` is the while of `how`."""

    pattern: bytes
    how: Cut
    seconds: float
    times: int


@dataclass(slots=True)
class BytesCut:
    """For the connection that carries the last of the next `left` bytes."""

    direction: Direction
    left: int


@dataclass(slots=True)
class Faults:
    """What is on; changed while connections live, and only on their event loop."""

    delay: float = 0.0
    black_hole: bool = False
    pattern_cut: PatternCut | None = None
    bytes_cut: BytesCut | None = None
    counts: Counter[str] = field(default_factory=Counter)

    def met(self, tail: bytes, data: bytes) -> tuple[PatternCut, int] | None:
        """The cut for a client that sends `data` after `tail`, with the place in `data` where its pattern starts."""
        cut = self.pattern_cut
        if cut is None:
            return None
        # At least its last byte is new: else it had passed before the cut was asked for.
        place = (tail + data).find(cut.pattern, max(0, len(tail) - len(cut.pattern) + 1))
        if place < 0:
            return None
        cut.times -= 1
        if not cut.times:
            self.pattern_cut = None
        self.counts[cut.how.name] += 1
        return cut, max(0, place - len(tail))

    def pass_bytes(self, direction: Direction, count: int) -> int | None:
        """How many of these bytes may still pass, if the connection breaks at them; else None."""
        cut = self.bytes_cut
        if cut is None or cut.direction is not direction:
            return None
        if cut.left > count:
            cut.left -= count
            return None
        self.bytes_cut = None
        self.counts["BYTES"] += 1
        return cut.left
