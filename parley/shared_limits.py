"""Limits that several processes count together, for as long as the app lives."""

import asyncio

from web.counts import Counts
from web.guard import ASGIApp, Receive, Scope, Send
from web.open import open_exchange
from web.sharing import Sharing


def shared(app: ASGIApp, counts: Counts, redis_url: str) -> ASGIApp:
    """`app`, with `counts` shared through Redis from its start-up to its shutdown; memory:// shares with nobody."""

    async def sharing(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        exchange = open_exchange(redis_url)
        if exchange is None:
            await app(scope, receive, send)
            return
        thread = Sharing(counts, exchange)
        thread.start()
        try:
            await app(scope, receive, send)
        finally:
            await asyncio.get_running_loop().run_in_executor(None, thread.stop)

    return sharing
