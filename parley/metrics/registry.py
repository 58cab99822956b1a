"""All that one process measures, or one of several workers that answer for each other."""

import logging
import threading
import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, disable_created_metrics, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

from parley.metrics.folder import shared_folder

SAMPLE_EVERY = 1.0
"""Seconds; how old the states of other workers may be."""
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Bounds of histograms of durations."""

logger = logging.getLogger(__name__)


class Metrics:
    """Where the metrics of this process are registered; `scrape` gives their values.

    Events are counted where they happen. States are samples: taken at each scrape, and once a second
    where several workers share a port, since a scrape reaches only one of them.
    """

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._folder = shared_folder()
        # The library chooses at its import, which is before a process knows whether it is a worker of several.
        values.ValueClass = (
            values.MutexValue if self._folder is None else values.MultiProcessValue()  # type: ignore[no-untyped-call]
        )
        self.registry = CollectorRegistry()
        self._samples: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        if self._folder is not None:
            threading.Thread(target=self._take_again_and_again, name="samples", daemon=True).start()

    def sample(self, take: Callable[[], None]) -> None:
        """Have `take` set the metrics of a state; on any thread, it must not block."""
        self._samples.append(take)

    def scrape(self) -> bytes:
        """All values in Prometheus' text format, those of the other workers included; for any thread."""
        self._take()
        if self._folder is None:
            return generate_latest(self.registry)
        together = CollectorRegistry()
        MultiProcessCollector(together, str(self._folder))  # type: ignore[no-untyped-call]
        return generate_latest(together)

    def _take(self) -> None:
        with self._lock:
            for take in self._samples:
                take()

    def _take_again_and_again(self) -> None:
        while True:
            time.sleep(SAMPLE_EVERY)
            try:
                self._take()
            except Exception:
                # A thread that dies unseen shows for ever what was true then.
                logger.exception("can't sample what is measured")


class Total:
    """Brings a counter to a count that something else keeps."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._reached = 0

    def reach(self, count: int) -> None:
        """`count` is of this process, and never gets less."""
        self._counter.inc(count - self._reached)
        self._reached = count
