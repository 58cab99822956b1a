"""Projections, how far they are; the search engine, what it did not take."""

from collections.abc import Callable
from functools import partial

from prometheus_client import Counter, Gauge, Histogram

from eventstore.clock import system_clock
from parley.metrics.registry import SECONDS, Metrics, Total
from projections.follower import Follower
from projections.progress import State
from projections.readmodel.bulk_counts import counts

_LABELS = ("projection",)


class ProjectionMetrics:
    """For the followers of one process."""

    def __init__(self, metrics: Metrics) -> None:
        registry = metrics.registry
        self._metrics = metrics
        gauge = partial(Gauge, labelnames=_LABELS, registry=registry)
        self._position = gauge("parley_projection_position", "The last event that is applied.")
        self._head = gauge(
            "parley_projection_log_head", "The last event of the log, when it was last looked at."
        )
        self._lag_events = gauge("parley_projection_lag_events", "Events that are not applied yet.")
        self._lag_seconds = gauge(
            "parley_projection_lag_seconds",
            "How long the oldest event that is not applied has waited; 0 where another process leads.",
        )
        self._parked = gauge(
            "parley_projection_parked_documents",
            "Messages that the search engine refuses to keep; counted up to 100.",
        )
        self._leading = gauge(
            "parley_projection_leading", "1 where this process follows, 0 while it stands by."
        )
        self._working = gauge(
            "parley_projection_working", "1 if it got on when it last tried, or has seen that another does."
        )
        self._building = gauge(
            "parley_projection_building",
            "The generation that a replay builds, also one that was broken off; 0: none.",
        )
        self._applied = Counter(
            "parley_projection_applied_events_total",
            "Events that this process has applied.",
            _LABELS,
            registry=registry,
        )
        self._seconds = Histogram(
            "parley_projection_apply_duration_seconds",
            "From the read of a batch of events to its commit.",
            _LABELS,
            registry=registry,
            buckets=SECONDS,
        )

    def follow(self, name: str, follower: Follower) -> None:
        """Sample how far the follower of `name` is."""
        self._metrics.sample(lambda: self._take(name, follower.state))

    def applied(self, name: str) -> Callable[[int, float], None]:
        """What the follower of `name` is to call with the events of a batch and the seconds that they took."""
        count, observe = self._applied.labels(name).inc, self._seconds.labels(name).observe

        def applied(events: int, seconds: float) -> None:
            count(events)
            observe(seconds)

        return applied

    def _take(self, name: str, state: State) -> None:
        self._position.labels(name).set(state.position)
        self._head.labels(name).set(state.head)
        self._lag_events.labels(name).set(state.lag_events)
        self._lag_seconds.labels(name).set(state.lag_seconds(system_clock()))
        self._parked.labels(name).set(state.parked)
        self._leading.labels(name).set(state.leading)
        self._working.labels(name).set(state.working)
        self._building.labels(name).set(state.building)


def measure_bulk(metrics: Metrics) -> None:
    """Sample what the search engine did not take."""
    retried = Total(
        Counter(
            "parley_search_bulk_retried_documents_total",
            "Documents that were sent again because the search engine was too busy.",
            registry=metrics.registry,
        )
    )
    failed = Total(
        Counter(
            "parley_search_bulk_failures_total",
            "Bulk requests that were given up; the whole batch is tried again.",
            registry=metrics.registry,
        )
    )

    def take() -> None:
        retried.reach(counts.retried)
        failed.reach(counts.failed)

    metrics.sample(take)
