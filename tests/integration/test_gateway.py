"""docker/nginx.conf before stand-ins that tell what reaches them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.nginx import Nginx
from tests.support.raw_http import Answer, Connection, exchange, request
from tests.support.running_cluster import need_nginx
from tests.support.upstream import Taken, Upstream, upstreams
from tests.support.waiting import until

MIB = 1 << 20


class Gateway:
    """nginx with two stand-ins on each side."""

    def __init__(self, nginx: Nginx, commands: list[Upstream], queries: list[Upstream]) -> None:
        self.port = nginx.port
        self.commands = commands
        self.queries = queries

    def ask(self, data: bytes, method: str = "GET") -> Answer:
        """The answer to raw bytes, on a connection of their own."""
        return exchange(self.port, data, method)

    def taken(self, side: list[Upstream]) -> list[Taken]:
        """What reached the stand-ins of a side."""
        return [taken for each in side for taken in each.taken]


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    need_nginx()
    with (
        upstreams(2) as commands,
        upstreams(2) as queries,
        Nginx(tmp_path / "nginx", [each.port for each in commands], [each.port for each in queries]) as nginx,
    ):
        yield Gateway(nginx, commands, queries)


def assert_problem(answer: Answer, status: int, method: str = "GET") -> None:
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert ("retry-after" in answer.headers) == (status == 503)
    if method != "HEAD":
        problem = json.loads(answer.body)
        assert problem["status"] == status
        assert {"type", "title", "detail"} <= problem.keys()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reads_go_to_the_queries(gateway: Gateway, method: str) -> None:
    answer = gateway.ask(request("/applications?limit=1", method), method)
    assert (answer.status, answer.headers["etag"]) == (200, '"7"')
    assert answer.body == (b"" if method == "HEAD" else b"ok")
    [taken] = gateway.taken(gateway.queries)
    assert (taken.method, taken.target) == (method, "/applications?limit=1")
    assert gateway.taken(gateway.commands) == []


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "FOO"])
def test_everything_else_goes_to_the_commands(gateway: Gateway, method: str) -> None:
    assert gateway.ask(request("/applications?x", method, body=b"{}")).body == b"ok"
    [taken] = gateway.taken(gateway.commands)
    assert (taken.method, taken.target, taken.body) == (method, "/applications?x", b"{}")
    assert gateway.taken(gateway.queries) == []


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    "target",
    [
        "//applications",
        "/applications//x",
        "/applications/./x",
        "/a/../applications",
        "/%61pplications",
        "/applications%2fx",
        "/a?x=//&y=%2f+%20&&z",
        "/a;b=c",
        "/a#b",
        "/applications/x%0d%0aX-Evil:%201",
        "/\xe9",
    ],
)
def test_a_path_goes_through_as_it_came(gateway: Gateway, method: str, target: str) -> None:
    gateway.ask(request(target, method))
    [taken] = gateway.taken(gateway.queries if method == "GET" else gateway.commands)
    assert taken.target == target
    assert "x-evil" not in taken.headers


def test_of_an_absolute_target_the_path_goes_through(gateway: Gateway) -> None:
    gateway.ask(request("http://other:1/x//%2fy?q=%20", "POST"))
    [taken] = gateway.taken(gateway.commands)
    assert taken.target == "/x//%2fy?q=%20"


def test_nobody_says_where_he_comes_from(gateway: Gateway) -> None:
    forged = [
        "X-Forwarded-For: 6.6.6.6",
        "x-forwarded-for: 6.6.6.7",
        "X_Forwarded_For: 6.6.6.8",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: evil",
        "X-Forwarded-Port: 1",
        "X-Forwarded-Prefix: /evil",
        "X-Real-IP: 6.6.6.6",
        "Forwarded: for=6.6.6.6",
    ]
    for method in ("GET", "POST", "DELETE"):
        gateway.ask(request("/", method, *forged, "Idempotency-Key: k", host="chat.example:99"))
    for taken in gateway.taken(gateway.queries + gateway.commands):
        told = {name: value for name, value in taken.headers.items() if "forwarded" in name or "real" in name}
        assert told == {"x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "http"}
        assert (taken.headers["host"], taken.headers["idempotency-key"]) == ("chat.example:99", "k")


def test_an_empty_header_goes_through(gateway: Gateway) -> None:
    gateway.ask(request("/", "GET", "If-None-Match:"))
    [taken] = gateway.taken(gateway.queries)
    assert taken.headers["if-none-match"] == ""


def test_a_chunked_body_arrives_whole_and_measured(gateway: Gateway) -> None:
    gateway.ask(
        request("/", "POST", "Transfer-Encoding: chunked") + b"2\r\n{}\r\n1;x=y\r\n \r\n0\r\nX-T: 1\r\n\r\n"
    )
    [taken] = gateway.taken(gateway.commands)
    assert (taken.body, taken.headers["content-length"]) == (b"{} ", "3")
    assert not {"transfer-encoding", "x-t"} & taken.headers.keys()


def test_a_body_is_sent_on_once_all_of_it_is_there(gateway: Gateway) -> None:
    body = b"x" * MIB
    with Connection(gateway.port) as slow:
        slow.send(request("/", "POST", f"Content-Length: {MIB}") + body[:-1])
        for _ in range(20):
            gateway.ask(request("/other", "POST"))
        assert {taken.target for taken in gateway.taken(gateway.commands)} == {"/other"}
        slow.send(body[-1:])
        assert slow.answer().status == 200
    assert [taken.body for taken in gateway.taken(gateway.commands) if taken.target == "/"] == [body]


def test_queries_keep_connections_and_commands_have_their_own(gateway: Gateway) -> None:
    for method in ("GET", "POST"):
        with Connection(gateway.port) as connection:
            for _ in range(10):
                connection.send(request("/", method))
                assert connection.answer().status == 200
    for each in gateway.queries:
        assert {taken.connection for taken in each.taken} == {1}
        assert all("connection" not in taken.headers for taken in each.taken)
    for each in gateway.commands:
        numbers = [taken.connection for taken in each.taken]
        assert len(set(numbers)) == len(numbers)
        assert all(taken.headers["connection"] == "close" for taken in each.taken)


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "PUT", "DELETE"])
def test_a_process_that_is_gone_is_passed_over(gateway: Gateway, method: str) -> None:
    for side in (gateway.queries, gateway.commands):
        side[0].close()
    for _ in range(10):
        assert gateway.ask(request("/", method)).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_read_is_asked_again_when_a_process_dies_over_it(gateway: Gateway, method: str) -> None:
    gateway.queries[0].hangs_up = True
    for _ in range(4):
        assert gateway.ask(request("/", method), method).status == 200
    assert gateway.queries[0].taken != []


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "FOO"])
def test_a_command_is_sent_once_even_when_a_process_dies_over_it(gateway: Gateway, method: str) -> None:
    for each in gateway.commands:
        each.hangs_up = True
    assert_problem(gateway.ask(request("/", method, body=b"{}")), 503)
    assert len(gateway.taken(gateway.commands)) == 1


@pytest.mark.long
def test_a_read_is_asked_again_when_a_process_says_nothing(gateway: Gateway) -> None:
    gateway.queries[0].is_silent = True
    for _ in range(4):
        assert gateway.ask(request("/")).status == 200
    assert gateway.queries[0].taken != []


@pytest.mark.long
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_command_is_sent_once_even_when_a_process_says_nothing(gateway: Gateway, method: str) -> None:
    for each in gateway.commands:
        each.is_silent = True
    assert_problem(gateway.ask(request("/", method)), 503)
    assert len(gateway.taken(gateway.commands)) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
def test_503_when_no_process_is_there_and_200_when_one_is_back(gateway: Gateway, method: str) -> None:
    for each in gateway.queries + gateway.commands:
        each.hangs_up = True
    for _ in range(3):
        assert_problem(gateway.ask(request("/", method), method), 503, method)
    for each in gateway.queries + gateway.commands:
        each.hangs_up = False
    until(lambda: gateway.ask(request("/", method), method).status == 200)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize(
    "target",
    ["/metrics", "/metrics?x", "/%6detrics", "/./metrics", "/x/../metrics", "/metrics#x", "http://h/metrics"],
)
def test_metrics_are_not_public(gateway: Gateway, method: str, target: str) -> None:
    assert_problem(gateway.ask(request(target, method), method), 404, method)
    assert gateway.taken(gateway.queries + gateway.commands) == []


def test_413_above_the_largest_body(gateway: Gateway) -> None:
    assert gateway.ask(request("/", "POST", body=b"x" * 4 * MIB)).status == 200
    assert_problem(gateway.ask(request("/", "POST", f"Content-Length: {4 * MIB + 1}")), 413)
    chunk = b"100000\r\n" + b"x" * MIB + b"\r\n"
    assert_problem(
        gateway.ask(request("/", "POST", "Transfer-Encoding: chunked") + chunk * 4 + b"1\r\nx\r\n"), 413
    )
    assert len(gateway.taken(gateway.commands)) == 1


@pytest.mark.parametrize(
    ("status", "data"),
    [
        (400, b"NONSENSE\r\n\r\n"),
        (400, request("/", host=None)),
        (400, request("/", "GET", "Host: b")),
        (400, request("/", host="a/b")),
        (400, request("/", "POST", "Content-Length: 2", "Content-Length: 2") + b"{}"),
        (400, request("/", "POST", "Content-Length: -1")),
        (400, request("/", "POST", "Content-Length: 2", "Transfer-Encoding: chunked") + b"0\r\n\r\n"),
        (400, request("/", "POST", "Transfer-Encoding : chunked") + b"0\r\n\r\n"),
        (400, request("/", "POST", "Transfer-Encoding: gzip") + b"{}"),
        (400, request("/", "POST", "Transfer-Encoding: chunked") + b"zz\r\n"),
        (400, request("/%00")),
        (400, request("/a\0b")),
        (400, request("/..")),
        (400, request("h:1", "CONNECT")),
        (405, request("/", "TRACE")),
        (414, request("/" + "x" * 9000)),
        (431, request("/", "GET", f"X: {'x' * 9000}")),
        (431, request("/", "GET", *(f"X{number}: {'x' * 7000}" for number in range(6)))),
        (505, b"GET / HTTP/2.0\r\n\r\n"),
    ],
)
def test_what_is_not_http_is_refused_and_goes_nowhere(gateway: Gateway, status: int, data: bytes) -> None:
    with Connection(gateway.port) as connection:
        connection.send(data)
        answer = connection.answer()
        assert_problem(answer, status)
        assert ("allow" in answer.headers) == (status == 405)
        # What may follow is not to be taken for another request.
        assert connection.ended() == b""
    assert gateway.taken(gateway.queries + gateway.commands) == []


def test_it_does_not_tell_its_version(gateway: Gateway) -> None:
    for data in (request("/"), request("/metrics"), b"NONSENSE\r\n\r\n"):
        assert gateway.ask(data).headers["server"] == "nginx"
