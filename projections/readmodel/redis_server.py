"""Which server passes words on."""

import redis

from engines.redis_connection import connect
from engines.server import Server
from projections.readmodel.errors import ReadModelUnavailable

ANSWER_SECONDS = 5


def server(url: str) -> Server:
    """Raises ReadModelUnavailable."""
    try:
        with connect(url, ANSWER_SECONDS, protocol=3) as client:
            # Not INFO, which an account may lack the right to.
            said = client.execute_command("HELLO")
    except redis.RedisError as error:
        raise ReadModelUnavailable(f"{type(error).__name__}: {error}") from error
    return Server(said[b"server"].decode().capitalize(), said[b"version"].decode())
