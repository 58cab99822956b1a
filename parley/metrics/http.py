"""Requests, by method, route and status; and those that a limit refused."""

from collections.abc import Callable

from prometheus_client import Counter, Histogram

from parley.metrics.registry import SECONDS, Metrics
from web.observing import Answer

_LABELS = ("method", "route", "status")
_Child = tuple[Callable[[], None], Callable[[float], None]]


class HttpMetrics:
    """A `web.observing.Listener`. What it labels is bounded: by the routes there are, never by what clients send."""

    def __init__(self, metrics: Metrics) -> None:
        registry = metrics.registry
        self._requests = Counter(
            "parley_http_requests_total", "Requests; status 0: no answer.", _LABELS, registry=registry
        )
        self._seconds = Histogram(
            "parley_http_request_duration_seconds",
            "From the head of a request to the end of its answer.",
            _LABELS,
            registry=registry,
            buckets=SECONDS,
        )
        # To look a child up by its labels costs three times what it counts.
        self._children: dict[tuple[str, str, int], _Child] = {}

    def __call__(self, answer: Answer) -> None:
        """Count it; called on the event loop."""
        key = answer[:3]
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._child(*key)
        count, observe = child
        count()
        observe(answer.seconds)

    def _child(self, method: str, route: str, status: int) -> _Child:
        labels = (method, route, str(status))
        return self._requests.labels(*labels).inc, self._seconds.labels(*labels).observe


class LimitMetrics:
    """Counts refusals; to be given to `web.limiter.Limiter`."""

    def __init__(self, metrics: Metrics) -> None:
        self._refused = Counter(
            "parley_rate_limited_requests_total",
            "Requests that were answered 429, by the limit that they were over.",
            ("limit",),
            registry=metrics.registry,
        )
        for limit in ("key", "address", "failures"):
            self._refused.labels(limit)

    def __call__(self, limit: str) -> None:
        """`limit` is "key", "address" or "failures"."""
        self._refused.labels(limit).inc()
