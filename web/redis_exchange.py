"""Counts told in Redis: a hash for each name, with a field for each process."""

import secrets
from collections.abc import Sequence

from engines.redis_connection import connect
from web.exchange import News

ANSWER_SECONDS = 1.0
PREFIX = "parley:limits:"


class RedisExchange:
    """Implements `web.exchange.Exchange`. The server need not be there."""

    def __init__(self, url: str) -> None:
        # One that starts anew is another: what the last one counted still holds.
        self._me = secrets.token_hex(8).encode()
        self._client = connect(url, ANSWER_SECONDS)

    def tell(self, news: Sequence[News]) -> list[int]:
        """One round trip. Raises redis.RedisError."""
        with self._client.pipeline(transaction=False) as pipeline:
            for name, own, seconds in news:
                pipeline.hset(PREFIX + name, self._me, own)
                pipeline.expire(PREFIX + name, seconds)
                pipeline.hgetall(PREFIX + name)
            told = pipeline.execute()[2::3]
        return [sum(int(own) for process, own in each.items() if process != self._me) for each in told]

    def close(self) -> None:
        self._client.close()
