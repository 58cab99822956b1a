"""Lines of the log that were lost."""

from prometheus_client import Counter

from parley.logs import dropped_lines
from parley.metrics.registry import Metrics, Total


def measure_lines(metrics: Metrics) -> None:
    """Sample how many lines had no place."""
    dropped = Counter(
        "parley_log_lines_dropped_total",
        "Lines of the log that were dropped because their reader is too slow, or that could not be made.",
        registry=metrics.registry,
    )
    total = Total(dropped)
    metrics.sample(lambda: total.reach(dropped_lines()))
