"""The outermost ASGI layer: every request has a name, every answer bears it, and who listens is told of both."""

import logging
from collections.abc import Callable
from time import perf_counter
from typing import Any, NamedTuple

from web.guard import ASGIApp, Receive, Scope, Send
from web.problem import problem_response
from web.routing import ROUTE
from web.trace import Trace, current, trace_of

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
OTHER = "other"
"""In place of a method that is none of `METHODS`, and of a route where none matched: clients make up both."""

logger = logging.getLogger(__name__)


class Answer(NamedTuple):
    """What may be told of a request and its answer; nothing in it is secret.

    `route` is a URI template. `status` is 0 if the client got no answer. `sent` are bytes of the body.
    """

    method: str
    route: str
    status: int
    seconds: float
    sent: int
    trace: Trace


Listener = Callable[[Answer], None]
"""Called on the event loop after each answer; it must not block."""


def observing(app: ASGIApp, *listeners: Listener) -> ASGIApp:
    """`app`, where `web.trace.current` names each request; an answer that it fails to give is 500."""

    async def observed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        began = perf_counter()
        trace = trace_of(scope["headers"])
        current.set(trace)
        status = sent = 0

        async def noted(event: dict[str, Any]) -> None:
            nonlocal status, sent
            if event["type"] == "http.response.start":
                status = event["status"]
                headers = event.get("headers", ())
                event = {**event, "headers": [*headers, (b"x-request-id", trace.request_id.encode())]}
            else:
                sent += len(event.get("body", b""))
            await send(event)

        try:
            await app(scope, receive, noted)
        except Exception:
            if status:
                raise
            logger.exception("a layer around the routes failed")
            headers, body = problem_response(500)
            await noted({"type": "http.response.start", "status": 500, "headers": headers})
            await noted({"type": "http.response.body", "body": body})
        finally:
            method = scope["method"]
            answer = Answer(
                method if method in METHODS else OTHER,
                scope.get(ROUTE, OTHER),
                status,
                perf_counter() - began,
                sent,
                trace,
            )
            for listener in listeners:
                listener(answer)

    return observed
