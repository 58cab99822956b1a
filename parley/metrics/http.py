"""Requests, by method, route and status; and those that a limit refused."""

from collections import defaultdict, deque
from collections.abc import Callable
from threading import Lock

from prometheus_client import Counter, Histogram

from parley.metrics.registry import SECONDS, Metrics
from web.observing import Answer

AT_ONCE = 64
"""Answers; to count them takes less than 0.2 ms."""
_LABELS = ("method", "route", "status")
_Key = tuple[str, str, int]
_Child = tuple[Callable[[float], None], Callable[[float], None]]


class HttpMetrics:
    """A `web.observing.Listener`. What it labels is bounded: by the routes there are, never by what clients send.

    It counts some answers at once, at the latest for the next scrape: that takes half the time of one after each.
    """

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
        self._children: dict[_Key, _Child] = {}
        self._waiting: deque[Answer] = deque()
        self._counting = Lock()
        metrics.sample(self._count)

    def __call__(self, answer: Answer) -> None:
        """Called on the event loop."""
        self._waiting.append(answer)
        if len(self._waiting) >= AT_ONCE:
            self._count()

    def _count(self) -> None:
        # A scrape, on another thread, takes from them as well.
        with self._counting:
            seconds: dict[_Key, list[float]] = defaultdict(list)
            while self._waiting:
                answer = self._waiting.popleft()
                seconds[answer.method, answer.route, answer.status].append(answer.seconds)
            for key, some in seconds.items():
                count, observe = self._children.get(key) or self._child(key)
                for each in some:
                    observe(each)
                count(len(some))

    def _child(self, key: _Key) -> _Child:
        labels = tuple(map(str, key))
        child = self._requests.labels(*labels).inc, self._seconds.labels(*labels).observe
        self._children[key] = child
        return child


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
