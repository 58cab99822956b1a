"""Clients of Redis that give up in time, and ask nothing twice."""

from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry


def connect(url: str, seconds: float, **options: Any) -> redis.Redis:
    """Nothing is asked yet. A connection, and an answer, may take that long; `options` are the driver's.

    By default the driver tries for seconds what is refused, and for a minute what hangs.
    """
    return redis.Redis.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        socket_keepalive=True,
        **options,
    )
