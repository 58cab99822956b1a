"""The ASGI layer that says of every answer whether it may be kept."""

from collections.abc import Coroutine
from typing import Any

from web.answering import Header, answering
from web.guard import ASGIApp, Receive, Scope, Send

_NEVER = (b"cache-control", b"no-store")
# To be kept by the client alone, which has to ask with If-None-Match before each use.
_ASK_AGAIN = (b"cache-control", b"private, no-cache")


def caching(app: ASGIApp) -> ASGIApp:
    """`app`, with `Cache-Control` on each answer that has none: to be kept by nobody, unless there is an `ETag`."""

    def told(scope: Scope, receive: Receive, send: Send) -> Coroutine[Any, Any, None]:
        if scope["type"] == "http":
            send = answering(send)
            send.looks = _kept
        return app(scope, receive, send)

    return told


def _kept(headers: list[Header]) -> Header | None:
    kept = _NEVER
    for name, _ in headers:
        if name == b"cache-control":
            return None
        if name == b"etag":
            kept = _ASK_AGAIN
    return kept
