"""Counts added up in Redis."""

from collections.abc import Sequence

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from web.exchange import News

ANSWER_SECONDS = 1.0
PREFIX = "parley:limits:"


class RedisExchange:
    """Implements `web.exchange.Exchange`. The server need not be there."""

    def __init__(self, url: str) -> None:
        # By default it tries for seconds what is refused, and for a minute what hangs.
        self._client = redis.Redis.from_url(
            url,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            socket_keepalive=True,
        )

    def add(self, news: Sequence[News]) -> list[int]:
        """One round trip. Raises redis.RedisError."""
        with self._client.pipeline(transaction=False) as pipeline:
            for name, amount, seconds in news:
                pipeline.incrby(PREFIX + name, amount)
                pipeline.expire(PREFIX + name, seconds)
            return [int(total) for total in pipeline.execute()[::2]]

    def close(self) -> None:
        self._client.close()
