"""The periodic jobs: when they last succeeded, and how often they failed."""

from collections.abc import Callable

from prometheus_client import Counter, Gauge

from parley.metrics.registry import Metrics


class JobMetrics:
    """To be called by the leader of the jobs with the name of each that has run, and whether it succeeded."""

    def __init__(self, metrics: Metrics) -> None:
        registry = metrics.registry
        self._metrics = metrics
        self._success = Gauge(
            "parley_job_last_success_timestamp_seconds",
            "When the job last ended well in this process, in seconds since 1970.",
            ("job",),
            registry=registry,
        )
        self._failures = Counter(
            "parley_job_failures_total",
            "Runs of the job that failed in this process.",
            ("job",),
            registry=registry,
        )
        self._leading = Gauge(
            "parley_scheduler_leading",
            "1 where this process runs the jobs, 0 while it stands by.",
            registry=registry,
        )

    def __call__(self, job: str, succeeded: bool) -> None:
        if succeeded:
            self._success.labels(job).set_to_current_time()
        else:
            self._failures.labels(job).inc()

    def lead(self, leading: Callable[[], bool]) -> None:
        """Sample whether it leads."""
        self._metrics.sample(lambda: self._leading.set(leading()))
