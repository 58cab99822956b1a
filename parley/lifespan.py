"""The ASGI lifespan: what a worker starts before its first request, and stops after its last one."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from web.guard import ASGIApp, Receive, Scope, Send


class Started(Protocol):
    """What runs between the server's start-up and its shutdown."""

    app: ASGIApp

    async def stop(self) -> None:
        """End all of it; what was acknowledged stays."""


def lifespan(start: Callable[[], Awaitable[Started]]) -> ASGIApp:
    """The app of what `start` gives; it is awaited once, on the event loop, before the first request is let in."""
    running: Started | None = None

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await live(receive, send)
            return
        assert running is not None
        await running.app(scope, receive, send)

    async def live(receive: Receive, send: Send) -> None:
        nonlocal running
        await receive()
        running = await start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await running.stop()
        await send({"type": "lifespan.shutdown.complete"})

    return app
