"""Which adapter a URL means."""

from web.exchange import Exchange


def open_exchange(url: str) -> Exchange | None:
    """Where processes add up what they count: `redis://…`; None for `memory://`, where there is but one process.

    The server need not be there.
    """
    if not url.startswith("redis://"):
        return None
    from web.redis_exchange import RedisExchange

    return RedisExchange(url)
