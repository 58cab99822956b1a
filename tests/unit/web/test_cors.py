"""CORS: what pages of which origins are let read."""

import asyncio
from typing import Any

import pytest

from web.cors import cors

HOME = "https://app.example.com"


def ask(origins: set[str], method: str = "GET", **headers: str) -> tuple[int, dict[str, str]]:
    events: list[Any] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(event: Any) -> None:
        events.append(event)

    async def no_more() -> Any:
        raise AssertionError

    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    asyncio.run(cors(app, origins)({"type": "http", "method": method, "headers": sent}, no_more, send))
    return events[0]["status"], {name.decode(): value.decode() for name, value in events[0]["headers"]}


def test_a_known_origin() -> None:
    status, headers = ask({HOME}, origin=HOME)
    assert status == 200
    assert headers["access-control-allow-origin"] == HOME
    assert headers["vary"] == "Origin"
    exposed = headers["access-control-expose-headers"].split(", ")
    assert {"Location", "Log-Position", "ETag", "Link", "Retry-After", "X-Request-Id"} <= {*exposed}
    assert "access-control-allow-credentials" not in headers


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", HOME + ".evil.example", HOME + ":8443"])
def test_X29_another_origin(method: str, origin: str) -> None:
    assert ask({HOME}, method, origin=origin, access_control_request_method="POST") == (
        200,
        {"vary": "Origin"},
    )


def test_every_origin() -> None:
    assert ask({"*"}, origin="https://any.example")[1]["access-control-allow-origin"] == "*"
    assert ask({"*"})[1] == {}


def test_preflight() -> None:
    status, headers = ask({HOME}, "OPTIONS", origin=HOME, access_control_request_method="PATCH")
    assert status == 204
    assert headers["access-control-allow-origin"] == HOME
    assert "PATCH" in headers["access-control-allow-methods"].split(", ")
    assert "Idempotency-Key" in headers["access-control-allow-headers"].split(", ")


def test_options_without_a_preflight_are_the_routes_own() -> None:
    assert ask({HOME}, "OPTIONS", origin=HOME)[0] == 200
