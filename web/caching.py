"""The ASGI layer that says of every answer whether it may be kept."""

from typing import Any

from web.guard import ASGIApp, Receive, Scope, Send

_NEVER = (b"cache-control", b"no-store")
# To be kept by the client alone, which has to ask with If-None-Match before each use.
_ASK_AGAIN = (b"cache-control", b"private, no-cache")


def caching(app: ASGIApp) -> ASGIApp:
    """`app`, with `Cache-Control` on each answer that has none: to be kept by nobody, unless there is an `ETag`."""

    async def told(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return

        async def say(event: dict[str, Any]) -> None:
            if event["type"] == "http.response.start":
                headers = event.get("headers", ())
                names = {name for name, _ in headers}
                if b"cache-control" not in names:
                    event = {**event, "headers": [*headers, _ASK_AGAIN if b"etag" in names else _NEVER]}
            await send(event)

        await app(scope, receive, say)

    return told
