"""The outermost ASGI layer: every request has a name, every answer bears it, and who listens is told of both."""

import logging
from collections.abc import Callable
from time import perf_counter

from msgspec import Struct

from web.answering import answering
from web.guard import ASGIApp, Receive, Scope, Send
from web.problem import problem_response
from web.routing import ROUTE
from web.trace import Trace, current, trace_of

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
OTHER = "other"
"""In place of a method that is none of `METHODS`, and of a route where none matched: clients make up both.

Also of the route of what is refused before one is looked for, as by a limit: a refusal is to cost next to nothing.
"""

logger = logging.getLogger(__name__)


class Answer(Struct, frozen=True, gc=False):
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
        answer = answering(send)
        answer.added.append((b"x-request-id", trace.request_id.encode()))
        try:
            await app(scope, receive, answer)
        except Exception:
            if answer.status:
                raise
            logger.exception("a layer around the routes failed")
            headers, body = problem_response(500)
            await answer({"type": "http.response.start", "status": 500, "headers": headers})
            await answer({"type": "http.response.body", "body": body})
        finally:
            method = scope["method"]
            told = Answer(
                method if method in METHODS else OTHER,
                scope.get(ROUTE, OTHER),
                answer.status,
                perf_counter() - began,
                answer.sent,
                trace,
            )
            for listener in listeners:
                listener(told)

    observed.listeners = listeners  # type: ignore[attr-defined]  # the one way to them from what holds the app alone
    return observed


def listeners_of(app: object) -> tuple[Listener, ...]:
    """Who hears of the answers of this app, the outermost layer; what refuses before that tells them itself."""
    return getattr(app, "listeners", ())
