"""The appender: how long batches take, how large they are, and what waits for them."""

from collections.abc import Callable

from prometheus_client import Counter, Gauge, Histogram

from parley.metrics.registry import SECONDS, Metrics

_EVENTS = (0, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500)


class AppendMetrics:
    """Implements `eventstore.measures.Measures`."""

    def __init__(self, metrics: Metrics) -> None:
        registry = metrics.registry
        self._metrics = metrics
        self._seconds = Histogram(
            "parley_append_duration_seconds",
            "From the moment a batch of commands is taken to its commit.",
            registry=registry,
            buckets=SECONDS,
        )
        self._events = Histogram(
            "parley_append_batch_events",
            "Events that a batch appended; none if all of it was refused or answered before.",
            registry=registry,
            buckets=_EVENTS,
        )
        self._replays = Counter(
            "parley_append_replays_total",
            "Commands that were answered as before, by their Idempotency-Key.",
            registry=registry,
        )
        self._shed = Counter(
            "parley_append_shed_total",
            "Commands that were refused because too many waited.",
            registry=registry,
        )
        self._queue = Gauge(
            "parley_append_queue_commands",
            "Commands that wait for a batch.",
            registry=registry,
            multiprocess_mode="livesum",
        )

    def queue(self, waiting: Callable[[], int]) -> None:
        """Sample how many commands wait."""
        self._metrics.sample(lambda: self._queue.set(waiting()))

    def appended(self, events: int, replays: int, seconds: float) -> None:
        self._seconds.observe(seconds)
        self._events.observe(events)
        if replays:
            self._replays.inc(replays)

    def shed(self) -> None:
        self._shed.inc()
