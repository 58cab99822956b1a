"""Limits over real sockets: guesses, quotas, and what two processes know of each other."""

import gzip
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.services.redis import Redis
from tests.support.raw_http import Answer, Connection, exchange, request
from tests.support.server import Server
from tests.support.shared_server import private_server
from tests.support.waiting import until

JSON = "Content-Type: application/json"


def posted(server: Server, path: str, body: bytes, *headers: str) -> Answer:
    return exchange(server.port, request(path, "POST", JSON, *headers, body=body))


def location(answer: Answer) -> str:
    assert answer.status == 201
    return answer.headers["location"]


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With the limits of failures alone."""
    settings = {"PARLEY_LIMIT_FAILURES": "50/hour", "PARLEY_CORS_ORIGINS": "https://app.example.com"}
    with Server(
        tmp_path_factory.mktemp("limited") / "data", {**settings, "PARLEY_ADMIN_KEY": "k" * 20}
    ) as running:
        yield running


def test_X26_guesses(limited: Server) -> None:
    """As fast as they come; whoever is known at the same address goes on."""
    good = location(posted(limited, "/applications", b'{"name":"good"}', f"Authorization: Bearer {'k' * 20}"))
    assert exchange(limited.port, request(good)).status == 200

    def guess(first: int) -> list[Answer]:
        with Connection(limited.port) as connection:
            answers = []
            for number in range(first, first + 500):
                connection.send(request(f"/applications/{number:043}"))
                answers.append(connection.answer())
            return answers

    with ThreadPoolExecutor(4) as pool:
        answers = [answer for some in pool.map(guess, range(0, 2000, 500)) for answer in some]
    statuses = [answer.status for answer in answers]
    assert {*statuses} == {404, 429}
    assert statuses.count(404) < 60
    refused = answers[-1]
    assert refused.status == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert 1 <= int(refused.headers["retry-after"]) <= 7200
    assert refused.headers["ratelimit-policy"] == '"failures-3600s";q=50;w=3600'
    assert b"/docs/problems/too-many-requests" in refused.body
    assert exchange(limited.port, request("/applications", "GET")).status == 429
    # Neither the operator nor the page is locked out, nor who has just made an application.
    admin = f"Authorization: Bearer {'k' * 20}"
    assert exchange(limited.port, request("/applications", "GET", admin)).status == 200
    assert exchange(limited.port, request("/openapi.json")).status == 200
    assert exchange(limited.port, request("/docs", "OPTIONS")).status == 204
    made = location(posted(limited, "/applications", b'{"name":"made"}', admin))
    assert exchange(limited.port, request(made)).status == 200
    assert exchange(limited.port, request(good)).status == 200
    assert exchange(limited.port, request("/livez")).status == 200
    elsewhere = HTTPConnection("127.0.0.1", limited.port, source_address=("127.0.0.2", 0))
    elsewhere.request("GET", "/applications")
    assert elsewhere.getresponse().status == 401
    elsewhere.close()


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://app.example.com.evil.example"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_X29_evil_origin(limited: Server, method: str, origin: str) -> None:
    asked = request("/livez", method, f"Origin: {origin}", "Access-Control-Request-Method: POST")
    answer = exchange(limited.port, asked, method)
    assert answer.status in (200, 204)
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert answer.headers["vary"] == "Origin"


def test_X29_no_cors_unless_configured(server: Server) -> None:
    asked = request("/livez", "OPTIONS", "Origin: https://a.example", "Access-Control-Request-Method: GET")
    answer = exchange(server.port, asked, "OPTIONS")
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert "vary" not in answer.headers


def test_the_origin_that_is_configured(limited: Server) -> None:
    answer = exchange(limited.port, request("/livez", "GET", "Origin: https://app.example.com"))
    assert answer.headers["access-control-allow-origin"] == "https://app.example.com"
    asked = request(
        "/applications", "OPTIONS", "Origin: https://app.example.com", "Access-Control-Request-Method: POST"
    )
    assert exchange(limited.port, asked, "OPTIONS").status == 204


def test_lists_are_compressed_and_single_messages_are_not(server: Server) -> None:
    application = location(posted(server, "/applications", b'{"name":"long"}'))
    chat = location(posted(server, f"{application}/chats", b""))
    message = location(posted(server, f"{chat}/messages", b'{"body":"%b"}' % (b"long " * 1000)))
    zipped = "Accept-Encoding: gzip"
    for path in (f"{chat}/messages", f"{chat}/messages/search?q=long", f"{chat}/messages?limit=1"):
        plain, packed = (
            exchange(server.port, request(path)),
            exchange(server.port, request(path, "GET", zipped)),
        )
        assert "content-encoding" not in plain.headers
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(packed.body) == plain.body
        assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
        assert packed.headers["cache-control"] == "no-store"
        assert "etag" not in packed.headers
        head = exchange(server.port, request(path, "HEAD", zipped), "HEAD")
        assert head.headers["content-length"] == packed.headers["content-length"]
    one = exchange(server.port, request(message, "GET", zipped))
    assert "content-encoding" not in one.headers
    assert one.headers["cache-control"] == "private, no-cache"
    again = exchange(server.port, request(message, "GET", zipped, f"If-None-Match: {one.headers['etag']}"))
    assert (again.status, again.headers["cache-control"]) == (304, "private, no-cache")
    refused = exchange(server.port, request(f"{chat}/messages?limit=0", "GET", zipped))
    assert (refused.status, refused.headers["cache-control"]) == (422, "no-store")


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with private_server("redis", tmp_path_factory.mktemp("redis")) as running:
        assert isinstance(running, Redis)
        yield running


def left(server: Server) -> int:
    """Requests that remain to this address."""
    answer = exchange(server.port, request("/applications"))
    assert answer.status == 200
    found = re.search(r"r=(\d+)", answer.headers["ratelimit"])
    assert found is not None
    return int(found[1])


def test_F20_limits_are_shared_and_go_local(redis: Redis, tmp_path: Path) -> None:
    """What one process counts the other learns; while Redis is down, each goes on with what it knows."""
    settings = {"PARLEY_REDIS_URL": redis.url(), "PARLEY_LIMIT_ADDRESS": "1000/day"}
    with Server(tmp_path / "one", settings) as one, Server(tmp_path / "two", settings) as two:
        for _ in range(300):
            left(one)
        asked = 0

        def has_learned() -> bool:
            nonlocal asked
            asked += 1
            return left(two) == 1000 - 300 - asked

        until(has_learned, "what the other has counted")
        redis.kill()
        # As many more as are left, from what each knows.
        rest = left(two)
        for number in range(rest):
            assert left(two) == rest - 1 - number
        refused = exchange(two.port, request("/applications"))
        assert refused.status == 429
        assert left(one) <= 1000 - 301
        until(lambda: "limits are not shared" in one.log.read_text(encoding="utf-8"), "a complaint")
        assert "Traceback" not in one.log.read_text(encoding="utf-8")
