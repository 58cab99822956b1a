"""Whether the server of the words keeps the same time, and has room."""

import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from engines.finding import Finding, clock_finding
from projections.readmodel.errors import ReadModelUnavailable


def redis_findings(place: str, url: str, seconds: float) -> list[Finding]:
    """Raises ReadModelUnavailable."""
    try:
        with redis.Redis.from_url(
            url,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=seconds,
            socket_connect_timeout=seconds,
        ) as client:
            before = time.time()
            whole, millionths = client.execute_command("TIME")
            after = time.time()
    except redis.RedisError as error:
        raise ReadModelUnavailable(f"{type(error).__name__}: {error}") from error
    return clock_finding(place, int(whole) + int(millionths) / 1e6, before, after)
