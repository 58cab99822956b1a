"""Time as the log keeps it: microseconds since 1970, and its spelling in facts."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], int]
"""Gives the time in microseconds since 1970-01-01T00:00:00Z."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def system_clock() -> int:
    """The machine's clock; it may jump, so nothing is ordered by it."""
    return time.time_ns() // 1000


def rfc3339(microseconds: int) -> str:
    """`2026-11-23T09:30:00.000001Z`: UTC, always six digits (RFC 3339)."""
    return (_EPOCH + timedelta(microseconds=microseconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
