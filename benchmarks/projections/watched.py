"""What a stretch of work took: time, and the processors' time of those who worked."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.cpu import cpu_seconds
from benchmarks.measure import Measure


@dataclass(slots=True)
class Watched:
    """Seconds; `own` is this process', `server` the database's or the search engine's."""

    took: float = 0.0
    own: float = 0.0
    server: float = 0.0

    @contextmanager
    def working(self, pid: int) -> Iterator[None]:
        """Add what happens meanwhile; `pid` is the server's."""
        began, own, server = time.perf_counter(), time.process_time(), cpu_seconds([pid])
        try:
            yield
        finally:
            self.took += time.perf_counter() - began
            self.own += time.process_time() - own
            self.server += cpu_seconds([pid]) - server

    def shares(self, name: str, events: int, server: str) -> Iterator[Measure]:
        """What an event costs, whoever else uses the machine."""
        yield Measure(f"{name}: Python's CPU", self.own / events * 1e6, "µs/event")
        yield Measure(f"{name}: {server}'s CPU", self.server / events * 1e6, "µs/event")
