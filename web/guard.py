"""The outermost ASGI layer: what must be refused before Falcon sees the request."""

import re
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from typing import Any

from web.problem import Problem, problem_response

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]

# Read and thrown away after a 413: a client that is still sending would otherwise lose the answer to a reset.
DRAIN_LIMIT = 16 * 1024 * 1024

_CLOSE = ((b"connection", b"close"),)
_HOST = re.compile(rb"[A-Za-z0-9.\-_~!$&'()*+,;=%:\[\]]*")
_LENGTH = re.compile(rb"[0-9]{1,18}")


def guard(app: ASGIApp, max_body: int | Callable[[str], int]) -> ASGIApp:
    """`app`, reached only by requests that HTTP allows and whose body is within `max_body` bytes.

    `max_body` is a number or a function from the path to one. Bodies of unknown length are cut off by it too.
    """
    limit_of = max_body if callable(max_body) else None
    limit_for_all = 0 if callable(max_body) else max_body

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await _other_protocol(app, scope, receive, send)
            return
        host = length = None
        chunked = doubled = False
        for name, value in scope["headers"]:
            if name == b"host":
                doubled = doubled or host is not None
                host = value.strip()
            elif name == b"content-length":
                doubled = doubled or length is not None
                length = value.strip()
            elif name == b"transfer-encoding":
                chunked = True
                doubled = doubled or value.strip().lower() != b"chunked" or scope["http_version"] == "1.0"
        refusal = (400, "Host or Content-Length came twice.") if doubled else _refusal(scope, host)
        if refusal is not None:
            await refuse(send, *refusal)
            return
        if length is None and not chunked:
            await app(scope, receive, send)
            return

        limit = limit_of(scope["path"]) if limit_of else limit_for_all
        if length is not None:
            if chunked or not _LENGTH.fullmatch(length):
                await refuse(send, 400, "The length of the body is not clear.")
            elif int(length) > limit:
                await refuse(send, 413, f"The body may have at most {limit} bytes here.", drain=receive)
            else:
                await app(scope, receive, send)
            return
        await _bounded(app, limit, scope, receive, send)

    return guarded


def _refusal(scope: Scope, host: bytes | None) -> tuple[int, str] | None:
    version = scope["http_version"]
    if version != "1.1" and version not in ("1.0", "2"):
        return 505, "Speak HTTP/1.1 here."
    if host is None:
        # HTTP/1.0 knew no Host; HTTP/2's :authority arrives as one.
        if version != "1.0":
            return 400, "The Host header is missing."
    elif not _HOST.fullmatch(host):
        return 400, "The Host header is malformed."
    if not scope["query_string"].isascii():
        return 400, "The query string must be percent-encoded."
    raw_path = scope["raw_path"]
    if b"%" in raw_path or b"//" in raw_path or not raw_path.isascii():
        # No path here needs an escape, and Falcon would take //a and /%61 for /a: one thing, one address.
        return 404, "There is nothing here."
    return None


async def _bounded(app: ASGIApp, limit: int, scope: Scope, receive: Receive, send: Send) -> None:
    """Run `app` on a body of unknown length, of which it can't read more than `limit` bytes."""
    taken = 0
    more = started = False

    async def counted() -> Mapping[str, Any]:
        nonlocal taken, more
        event = await receive()
        more = event.get("more_body", False)
        if event["type"] == "http.disconnect":
            # Falcon would take a body that broke off for a whole one.
            raise Problem(400, "The body broke off.", headers={"Connection": "close"})
        taken += len(event.get("body", b""))
        if taken > limit:
            raise Problem(
                413, f"The body may have at most {limit} bytes here.", headers={"Connection": "close"}
            )
        return event

    async def noted(event: dict[str, Any]) -> None:
        nonlocal started
        started = True
        await send(event)

    try:
        await app(scope, counted, noted)
    except Problem as problem:
        if started:
            raise
        await refuse(send, problem.status_code, problem.description or "", drain=receive if more else None)


async def refuse(
    send: Send,
    status: int,
    detail: str | None = None,
    *,
    headers: Iterable[tuple[bytes, bytes]] = (),
    drain: Receive | None = None,
) -> None:
    """Answer a problem and have the connection closed, after reading on for a while if a body is coming."""
    headers, body = problem_response(status, detail, headers=(*headers, *_CLOSE))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    left = DRAIN_LIMIT if drain else 0
    while drain and left > 0:
        event = await drain()
        if event["type"] == "http.disconnect":
            return
        left -= len(event.get("body", b""))
        if not event.get("more_body"):
            break
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _other_protocol(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await app(scope, receive, send)
    elif scope["type"] == "websocket":
        # Closing before accepting is what ASGI servers answer 403 to.
        await receive()
        await send({"type": "websocket.close", "code": 1000})
