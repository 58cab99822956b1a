"""What never reaches Falcon."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import falcon.asgi
import orjson
import pytest

from web.guard import ASGIApp, guard
from web.routing import new_app
from web.strict_json import read_body

LIMIT = 100
HOST = (b"host", b"localhost")


class Exchange:
    """One request through the guard, its body given in parts."""

    def __init__(
        self, app: ASGIApp, parts: Sequence[bytes] = (b"",), whole: bool = True, **scope: Any
    ) -> None:
        self.parts = list(parts)
        self.whole = whole
        self.given = 0
        self.sent: list[Mapping[str, Any]] = []
        full = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "path": "/",
            "raw_path": scope.get("path", "/").encode(),
            "query_string": b"",
            "headers": [HOST],
            **scope,
        }
        asyncio.run(app(full, self.receive, self.send))

    async def receive(self) -> dict[str, Any]:
        if not self.parts:
            return {"type": "http.disconnect"}
        self.given += 1
        return {
            "type": "http.request",
            "body": self.parts.pop(0),
            "more_body": bool(self.parts) or not self.whole,
        }

    async def send(self, event: Mapping[str, Any]) -> None:
        self.sent.append(event)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def closes(self) -> bool:
        return (b"connection", b"close") in [(n.lower(), v.lower()) for n, v in self.sent[0]["headers"]]

    @property
    def body(self) -> Any:
        return orjson.loads(b"".join(event["body"] for event in self.sent[1:]))


class Size:
    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.data = b"%d" % len(await read_body(req, 10 * LIMIT))

    async def on_put(self, _: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.data = b"0"


@pytest.fixture
def app() -> ASGIApp:
    inner = new_app({})
    inner.add_route("/", Size())
    inner.add_route("/batch", Size())
    return guard(inner, lambda path: 2 * LIMIT if path == "/batch" else LIMIT)


def headers(*pairs: tuple[str, str]) -> list[tuple[bytes, bytes]]:
    return [HOST, (b"content-type", b"application/json"), *((n.encode(), v.encode()) for n, v in pairs)]


def refused(exchange: Exchange, status: int) -> None:
    assert exchange.status == status
    assert exchange.closes
    assert exchange.body["status"] == status
    assert exchange.sent[-1]["more_body"] is False


def test_a_plain_request_goes_through(app: ASGIApp) -> None:
    exchange = Exchange(app, [b"x" * LIMIT], headers=headers(("content-length", str(LIMIT))))
    assert (exchange.status, exchange.body) == (200, LIMIT)


def test_one_limit_for_all() -> None:
    async def never(*_: Any) -> None:
        raise AssertionError

    refused(Exchange(guard(never, 10), headers=headers(("content-length", "11"))), 413)


def test_x01_refused_by_its_length_before_it_is_read(app: ASGIApp) -> None:
    order: list[str] = []

    async def receive() -> dict[str, Any]:
        order.append("receive")
        return {"type": "http.disconnect"}

    async def send(event: Mapping[str, Any]) -> None:
        order.append(event["type"])

    scope = {
        "type": "http",
        "http_version": "1.1",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "headers": headers(("content-length", "1000000000")),
    }
    asyncio.run(app(scope, receive, send))
    assert order == ["http.response.start", "http.response.body", "receive"]


def test_x01_the_sender_is_heard_out_for_a_while(app: ASGIApp) -> None:
    exchange = Exchange(app, [b"x" * 60, b"x" * 60], headers=headers(("content-length", "120")))
    refused(exchange, 413)
    assert exchange.given == 2


def test_x01_but_not_for_ever(app: ASGIApp) -> None:
    exchange = Exchange(app, [bytes(1024 * 1024)] * 64, headers=headers(("content-length", str(2**26))))
    refused(exchange, 413)
    assert exchange.given == 16


@pytest.mark.parametrize(("path", "status"), [("/", 413), ("/batch", 200)])
def test_x02_chunked_bodies_are_bounded_as_they_are_read(app: ASGIApp, path: str, status: int) -> None:
    chunked = headers(("transfer-encoding", "chunked"))
    exchange = Exchange(app, [b"x" * 60, b"x" * 60], path=path, headers=chunked)
    assert exchange.status == status
    assert exchange.closes is (status == 413)


def test_x02_a_first_part_that_is_too_large(app: ASGIApp) -> None:
    refused(Exchange(app, [b"x" * (LIMIT + 1)], headers=headers(("transfer-encoding", "chunked"))), 413)


def test_x02_a_chunked_body_within_the_limit(app: ASGIApp) -> None:
    exchange = Exchange(app, [b"x" * 50, b"x" * 50], headers=headers(("transfer-encoding", "chunked")))
    assert (exchange.status, exchange.body) == (200, LIMIT)


def test_a_chunked_body_that_breaks_off_is_not_taken_for_whole(app: ASGIApp) -> None:
    chunked = headers(("transfer-encoding", "chunked"))
    assert Exchange(app, [b"x", b"y"], whole=False, headers=chunked).status == 400
    refused(Exchange(app, [], headers=chunked), 400)


@pytest.mark.parametrize(
    "pairs",
    [
        [("content-length", "-1")],
        [("content-length", "+1")],
        [("content-length", "1_0")],
        [("content-length", "")],
        [("content-length", "9" * 3000)],
        [("content-length", "1"), ("content-length", "1")],
        [("content-length", "1"), ("transfer-encoding", "chunked")],
        [("host", "other")],
    ],
)
def test_x03_lengths_that_are_not_clear(app: ASGIApp, pairs: list[tuple[str, str]]) -> None:
    refused(Exchange(app, headers=headers(*pairs)), 400)


def test_x25_host(app: ASGIApp) -> None:
    refused(Exchange(app, headers=[]), 400)
    refused(Exchange(app, headers=[(b"host", b"a b")]), 400)
    refused(Exchange(app, headers=[(b"host", b"a/b")]), 400)
    assert Exchange(app, method="PUT", headers=[], http_version="1.0").status == 200
    assert Exchange(app, method="PUT", headers=[(b"host", b"[::1]:3000")]).status == 200


@pytest.mark.parametrize("version", ["0.9", "1.2", "2.0", "3", "9.9"])
def test_versions(app: ASGIApp, version: str) -> None:
    refused(Exchange(app, http_version=version), 505)


@pytest.mark.parametrize(
    "path", ["//", "/%62atch", "/%2f..%2f", "/%00", "/%ff", "//batch", "/batch//", "/\u00e9"]
)
def test_x12_paths_that_need_an_escape(app: ASGIApp, path: str) -> None:
    refused(Exchange(app, method="PUT", path=path), 404)


def test_a_query_of_raw_bytes(app: ASGIApp) -> None:
    refused(Exchange(app, method="PUT", query_string=b"q=\xff"), 400)


def test_websockets_are_closed(app: ASGIApp) -> None:
    exchange = Exchange(app, type="websocket")
    assert exchange.sent == [{"type": "websocket.close", "code": 1000}]


def test_lifespan_passes() -> None:
    seen: list[str] = []

    async def inner(scope: Any, *_: Any) -> None:
        seen.append(scope["type"])

    Exchange(guard(inner, 1), type="lifespan")
    Exchange(guard(inner, 1), type="unheard-of")
    assert seen == ["lifespan"]


def test_an_error_after_the_answer_began_is_not_answered_twice() -> None:
    async def inner(_: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await receive()

    with pytest.raises(Exception, match="413"):
        Exchange(guard(inner, 1), [b"xx"], headers=headers(("transfer-encoding", "chunked")))
