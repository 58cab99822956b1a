"""Limits that several processes count together, for as long as the app lives."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from web.counts import Counts
from web.guard import ASGIApp, Receive, Scope, Send
from web.open import open_exchange
from web.sharing import Sharing


def shared(app: ASGIApp, counts: Counts, redis_url: str) -> ASGIApp:
    """`app`, with `counts` shared through Redis from its start-up to its shutdown; memory:// shares with nobody."""

    def sharing(scope: Scope, receive: Receive, send: Send) -> Coroutine[Any, Any, None]:
        # Not one more coroutine for each request.
        return (shared_while if scope["type"] == "lifespan" else app)(scope, receive, send)

    async def shared_while(scope: Scope, receive: Receive, send: Send) -> None:
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
