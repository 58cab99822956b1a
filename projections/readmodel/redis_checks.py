"""Whether the server of the words keeps the same time, and has room."""

import time

import redis

from engines.finding import Finding, clock_finding
from engines.redis_connection import connect
from projections.readmodel.errors import ReadModelUnavailable


def redis_findings(place: str, url: str, seconds: float) -> list[Finding]:
    """Raises ReadModelUnavailable."""
    try:
        with connect(url, seconds) as client:
            before = time.time()
            whole, millionths = client.execute_command("TIME")
            after = time.time()
    except redis.RedisError as error:
        raise ReadModelUnavailable(f"{type(error).__name__}: {error}") from error
    return clock_finding(place, int(whole) + int(millionths) / 1e6, before, after)
