"""Layers add to one answer, whichever of them stand around it."""

import asyncio
from typing import Any

import pytest
from limits import parse_many

from web.answering import Answering, answering
from web.caching import caching
from web.cors import cors
from web.guard import ASGIApp
from web.limiter import Limiter, Quotas
from web.limiting import limiting
from web.observing import Answer, observing


def answer_of(layers: Any, *headers: tuple[bytes, bytes]) -> list[Any]:
    """The events that leave `layers` around an app with these headers."""
    events: list[Any] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await send({"type": "http.response.body", "body": b"bc"})

    async def send(event: Any) -> None:
        events.append(event)

    stack: ASGIApp = layers(app)
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"origin", b"https://a.example")]}
    asyncio.run(stack(scope, None, send))  # type: ignore[arg-type]
    return events


def test_all_layers_add_to_one_answer() -> None:
    told: list[Answer] = []

    def layers(app: ASGIApp) -> ASGIApp:
        app = limiting(app, Limiter(Quotas(address=tuple(parse_many("9/minute")))))
        return observing(caching(cors(app, {"https://a.example"})), told.append)

    start, *body = answer_of(layers, (b"a", b"b"))
    names = [name for name, _ in start["headers"]]
    assert names[0] == b"a"
    assert len(names) == len(set(names))
    assert {b"x-request-id", b"ratelimit", b"vary", b"cache-control"} < set(names)
    assert [event["body"] for event in body] == [b"a", b"bc"]
    assert (told[0].status, told[0].sent) == (201, 3)


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ((), b"no-store"),
        (((b"etag", b'"1"'),), b"private, no-cache"),
        (((b"etag", b'"1"'), (b"cache-control", b"public")), b"public"),
        (((b"cache-control", b"public"), (b"etag", b'"1"')), b"public"),
    ],
)
def test_what_may_be_kept(headers: Any, kept: bytes) -> None:
    start, *_ = answer_of(caching, *headers)
    assert [value for name, value in start["headers"] if name == b"cache-control"] == [kept]


def test_a_send_is_shared() -> None:
    async def send(_event: Any) -> None:
        raise AssertionError

    outer = answering(send)
    assert isinstance(outer, Answering)
    assert answering(outer) is outer
