"""The ASGI layer that lets pages of other origins ask (the CORS protocol of the Fetch standard)."""

from collections.abc import Collection

from web.answering import answering
from web.guard import ASGIApp, Receive, Scope, Send

ANY = "*"
METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE"
ASKED = (
    b"Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Min-Log-Position, Prefer, "
    b"X-Request-Id, Traceparent"
)
TOLD = (
    b"Location, Log-Position, ETag, Link, Retry-After, RateLimit, RateLimit-Policy, Idempotent-Replayed, "
    b"X-Request-Id, Allow"
)
MAX_AGE = b"600"


def cors(app: ASGIApp, origins: Collection[str]) -> ASGIApp:
    """`app`, whose answers the pages of these exact origins may read; `*` are all. Cookies are never involved.

    Of other origins nothing is said, and then a browser keeps the answer from the page.
    """
    every = ANY in origins
    known = frozenset(origin.encode() for origin in origins)
    vary = () if every else ((b"vary", b"Origin"),)

    async def shared(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        origin = headers.get(b"origin")
        allowed: tuple[tuple[bytes, bytes], ...] = vary
        if origin is not None and (every or origin in known):
            allowed = (*vary, (b"access-control-allow-origin", ANY.encode() if every else origin))
            if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
                await _preflight(send, allowed)
                return
            allowed = (*allowed, (b"access-control-expose-headers", TOLD))

        send = answering(send)
        send.added += allowed
        await app(scope, receive, send)

    return shared


async def _preflight(send: Send, allowed: tuple[tuple[bytes, bytes], ...]) -> None:
    headers = [
        *allowed,
        (b"access-control-allow-methods", METHODS),
        (b"access-control-allow-headers", ASKED),
        (b"access-control-max-age", MAX_AGE),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
