"""Which server passes words on."""

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from engines.server import Server
from projections.readmodel.errors import ReadModelUnavailable

ANSWER_SECONDS = 5


def server(url: str) -> Server:
    """Raises ReadModelUnavailable."""
    try:
        with redis.Redis.from_url(
            url,
            protocol=3,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
        ) as client:
            # Not INFO, which an account may lack the right to.
            said = client.execute_command("HELLO")
    except redis.RedisError as error:
        raise ReadModelUnavailable(f"{type(error).__name__}: {error}") from error
    return Server(said[b"server"].decode().capitalize(), said[b"version"].decode())
