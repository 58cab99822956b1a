"""A log in memory that can be made to show what real ones show only for an instant."""

import os
from itertools import accumulate

from eventstore.codec import Codec
from eventstore.errors import LogUnavailable
from eventstore.events import Fact
from eventstore.log import READ_BYTES, Loaded, LogWriter, Recorded, StreamState
from eventstore.view import View


class MemoryLog:
    """Implements the reading half of `eventstore.log.Log`.

    `hidden` positions are not shown though the head says they are there; `failures` counts how many of the
    next calls fail; `most` bytes of state end a read.
    """

    log_id = "memory"

    def __init__(self) -> None:
        self.events: list[Recorded] = []
        self.hidden: set[int] = set()
        self.failures = 0
        self.most = READ_BYTES
        self.view = View(Loaded({}, {}, {}), Codec())

    def append(self, *facts: Fact, recorded_at: int = 0) -> int:
        """Append; the position of the last fact."""
        taken = len(self.view.events)
        self.view.append(facts, (os.urandom(16) for _ in facts))
        self.events += [
            Recorded(position, *event[:5], recorded_at, event.meta)
            for position, event in enumerate(self.view.events[taken:], len(self.events) + 1)
        ]
        return len(self.events)

    def head(self) -> int:
        self._may_fail()
        return len(self.events)

    def read(self, after: int, limit: int, most_bytes: int = READ_BYTES) -> list[Recorded]:
        self._may_fail()
        shown = [e for e in self.events if e.position > after and e.position not in self.hidden][:limit]
        before = accumulate((len(event.state) for event in shown), initial=0)
        return [
            event for event, size in zip(shown, before, strict=False) if size < min(most_bytes, self.most)
        ]

    def read_stream(self, stream: str, after: int, limit: int) -> list[Recorded]:
        return [e for e in self.events if e.stream == stream and e.version > after][:limit]

    def stream_states(self, after: str, limit: int) -> list[tuple[str, StreamState]]:
        return sorted(item for item in self.view.streams.items() if item[0] > after)[:limit]

    def check(self) -> list[str]:
        return []

    def writer(self) -> LogWriter:
        raise NotImplementedError("this log is appended to by its test")

    def close(self) -> None:
        pass

    def _may_fail(self) -> None:
        if self.failures:
            self.failures -= 1
            raise LogUnavailable("the log is away")
