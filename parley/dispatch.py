"""One ASGI app for the public address: GET and HEAD to the queries, everything else to the commands."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from web.guard import ASGIApp, Receive, Scope, Send


class Started(Protocol):
    """What runs between the server's start-up and its shutdown."""

    commands: ASGIApp
    queries: ASGIApp

    async def stop(self) -> None:
        """End all of it; what was acknowledged stays."""


def dispatch(start: Callable[[], Awaitable[Started]]) -> ASGIApp:
    """The app; `start` is awaited once, on the event loop, before the first request is let in."""
    running: Started | None = None

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        assert running is not None
        side = running.queries if scope["method"] in ("GET", "HEAD") else running.commands
        await side(scope, receive, send)

    async def lifespan(receive: Receive, send: Send) -> None:
        nonlocal running
        await receive()
        running = await start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await running.stop()
        await send({"type": "lifespan.shutdown.complete"})

    return app
