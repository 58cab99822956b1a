"""Slow, endless, lying and malformed clients against a real gunicorn with the guards in place."""

import os
import re
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import falcon.asgi
import orjson
import pytest

from tests.support.raw_http import PATIENCE, Answer, Connection, exchange, request
from tests.support.spellings import OTHER_SPELLINGS
from web.guard import ASGIApp, guard
from web.limits import Limits
from web.routing import new_app
from web.strict_json import dumps, read_json
from web.worker import GuardedWorker

KIB = 1024
MIB = 1024 * KIB
ROOT = Path(__file__).parents[2]
ALLOWED = {
    "/echo": ("GET", "POST"),
    "/things/{number:number}": ("GET",),
    "/big": ("GET",),
    "/trap": ("GET", "POST"),
}
JSON = "Content-Type: application/json"


class HastyWorker(GuardedWorker):
    """A worker that loses its patience at once."""

    limits = Limits(
        head_seconds=2, body_seconds=2, idle_seconds=2, unread_seconds=2, linger_seconds=2, sweep_seconds=0.1
    )


class UnsweptWorker(GuardedWorker):
    """A worker that only the kernel tells that its parent is gone, where the kernel can."""

    limits = Limits(sweep_seconds=3600 if sys.platform == "linux" else 1)


class Echo:
    """Answers a body as it was understood, or who is asking."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.data = dumps({"pid": os.getpid(), "client": req.remote_addr, "scheme": req.forwarded_scheme})

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.data = dumps([await read_json(req)])


class Thing:
    """Something with a number."""

    async def on_get(self, _: falcon.asgi.Request, resp: falcon.asgi.Response, number: int) -> None:
        resp.data = b"%d" % number


class Big:
    """More than the buffers of both ends hold."""

    async def on_get(self, _: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.data = bytes(32 * MIB)


class Trap:
    """Counts the requests that were smuggled here: nobody asks for it in the open."""

    hits = 0

    async def on_get(self, _: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.data = b"%d" % self.hits

    async def on_post(self, _: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        self.hits += 1
        resp.data = b"caught"


def tiny_app() -> ASGIApp:
    """What gunicorn serves in these tests."""
    app = new_app(ALLOWED)
    app.add_route("/echo", Echo())
    app.add_route("/things/{number:number}", Thing())
    app.add_route("/big", Big())
    app.add_route("/trap", Trap())
    return guard(app, 256 * KIB)


class Server:
    """gunicorn with one worker on a free port."""

    def __init__(self, worker: str, log: Path) -> None:
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--workers", "1"),
                    *("--worker-class", worker, "--no-control-socket", f"{__name__}:tiny_app()"),
                ],
                cwd=ROOT,
                stderr=output,
                stdout=output,
            )
        self.port = int(self._logged(r"Listening at: http://127\.0\.0\.1:(\d+)"))
        self._logged("Application startup complete")

    def get(self, target: str = "/echo") -> Answer:
        return exchange(self.port, request(target))

    def serves_others(self) -> bool:
        return self.get().status == 200

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        finally:
            self.process.kill()

    def _logged(self, pattern: str) -> str:
        found: list[re.Match[str]] = []

        def look() -> bool:
            assert self.process.poll() is None, self.log.read_text()
            found[:] = re.finditer(pattern, self.log.read_text())
            return bool(found)

        wait_until(look)
        return found[0][found[0].re.groups]


def wait_until(condition: Callable[[], bool]) -> None:
    """Ask again and again until `condition` holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def start(tmp_path: Path, worker: type[GuardedWorker]) -> Server:
    return Server(f"{worker.__module__}.{worker.__name__}", tmp_path / "gunicorn.log")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = start(tmp_path_factory.mktemp("server"), GuardedWorker)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = start(tmp_path_factory.mktemp("hasty"), HastyWorker)
    yield server
    server.stop()


def post(body: bytes, *headers: str) -> bytes:
    return request("/echo", "POST", JSON, *headers, body=body)


def refused(server: Server, data: bytes, *statuses: int) -> None:
    """`data` gets one answer, a refusal, and then the end of the connection."""
    with Connection(server.port) as connection:
        connection.send(data)
        assert connection.answer().status in statuses
        assert connection.ended() == b""


def cut_off(connection: Connection, data: bytes, times: int) -> bool:
    """Whether the server ends the connection while `data` is sent that many times."""
    try:
        for _ in range(times):
            connection.send(data)
    except ConnectionError:
        return True
    return False


# Bodies and their lengths


def test_x01_a_gigabyte_is_refused_before_it_is_read(server: Server) -> None:
    data = request("/echo", "POST", JSON, "Content-Length: 1000000000", "Expect: 100-continue")
    with Connection(server.port) as connection:
        connection.send(data)
        answer = connection.answer()
        assert answer.status == 413
        assert answer.headers["connection"] == "close"
        assert answer.headers["content-type"] == "application/problem+json"


def resident(pid: int) -> int:
    """How many bytes of memory a process has; 0 where nothing tells."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) * KIB for line in lines if line.startswith("VmRSS")), 0)


def test_x01_a_sender_of_a_gigabyte_is_cut_off(server: Server) -> None:
    worker = orjson.loads(server.get().body)["pid"]
    before = resident(worker)
    with Connection(server.port) as connection:
        connection.send(request("/echo", "POST", JSON, "Content-Length: 1000000000"))
        assert cut_off(connection, bytes(1_000_000), times=1000)
    assert server.serves_others()
    assert resident(worker) - before < 100 * MIB


@pytest.mark.parametrize(
    ("chunks", "status"),
    [
        (b"3\r\n[1,\r\n2;name=value\r\n2]\r\n0\r\n\r\n", 200),
        (b"40000\r\n" + b" " * 0x40000 + b"\r\n2\r\n[]\r\n0\r\n\r\n", 413),
    ],
    ids=["small", "over the limit"],
)
def test_x02_chunked_bodies(server: Server, chunks: bytes, status: int) -> None:
    assert exchange(server.port, post(b"", "Transfer-Encoding: chunked") + chunks).status == status


def test_x02_an_endless_chunked_body(server: Server) -> None:
    with Connection(server.port) as connection:
        connection.send(post(b"", "Transfer-Encoding: chunked"))
        assert cut_off(connection, b"10000\r\n" + b" " * 0x10000 + b"\r\n", times=20_000)
    assert server.serves_others()


SMUGGLED = b"POST /trap HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(["Content-Length: -1"], id="negative"),
        pytest.param(["Content-Length: +5"], id="signed"),
        pytest.param(["Content-Length: 0x5"], id="hexadecimal"),
        pytest.param(["Content-Length: 5, 5"], id="list"),
        pytest.param(["Content-Length: "], id="empty"),
        pytest.param(["Content-Length: 99999999999999999999999999"], id="over 64 bits"),
        pytest.param(["Content-Length: 5", "Content-Length: 5"], id="doubled"),
        pytest.param(["Content-Length: 5", "Content-Length: 6"], id="two"),
        pytest.param(["Content-Length: 5", "Transfer-Encoding: chunked"], id="CL + TE"),
        pytest.param(["Transfer-Encoding: chunked", "Content-Length: 5"], id="TE + CL"),
        pytest.param(["Transfer-Encoding : chunked"], id="TE with a space"),
        pytest.param(["Content-Length : 5"], id="CL with a space"),
        pytest.param([" Transfer-Encoding: chunked"], id="TE folded"),
        pytest.param(["Transfer-Encoding:\x0bchunked"], id="TE with a vertical tab"),
        pytest.param(["Transfer-Encoding: xchunked"], id="TE unknown"),
        pytest.param(["Transfer-Encoding: identity"], id="TE identity"),
        pytest.param(["Transfer-Encoding: gzip, chunked"], id="TE gzip"),
        pytest.param(["Transfer-Encoding: chunked, chunked"], id="TE chunked twice"),
        pytest.param(["Transfer-Encoding: chunked", "Transfer-Encoding: identity"], id="TE twice"),
        pytest.param(["Connection: upgrade", "Upgrade: h2c", "Content-Length: 5"], id="Upgrade + CL"),
        pytest.param(["Connection: upgrade", "Upgrade: x", "Transfer-Encoding: chunked"], id="Upgrade + TE"),
    ],
)
def test_x03_lengths_that_lie(server: Server, headers: list[str]) -> None:
    refused(server, request("/echo", "POST", JSON, *headers) + b"0\r\n\r\n" + SMUGGLED, 400)
    assert server.get("/trap").body == b"0"


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param(b"-1\r\n", id="negative"),
        pytest.param(b"0x1\r\na\r\n0\r\n\r\n", id="hexadecimal mark"),
        pytest.param(b"FFFFFFFFFFFFFFFFFF\r\n", id="over 64 bits"),
        pytest.param(b"1\na\n0\n\n", id="bare line feeds"),
        pytest.param(b"1\r\nab\r\n0\r\n\r\n", id="longer than it says"),
        pytest.param(b"0\r\nContent-Length: 5\r\n\r\n", id="length in a trailer"),
        pytest.param(b"0\r\nAuthorization: Bearer x\r\n\r\n", id="header in a trailer"),
    ],
)
def test_x03_chunks_that_lie(server: Server, chunks: bytes) -> None:
    refused(server, post(b"", "Transfer-Encoding: chunked") + chunks + SMUGGLED, 400)
    assert server.get("/trap").body == b"0"


@pytest.mark.parametrize(
    "beginning", [b"1;", b"0\r\n", b"0\r\nX: "], ids=["extension", "trailer's name", "trailer's value"]
)
def test_x03_chunks_with_endless_company(server: Server, beginning: bytes) -> None:
    refused(server, post(b"", "Transfer-Encoding: chunked") + beginning + b"x" * MIB, 400)


def test_x03_chunked_by_http_1_0(server: Server) -> None:
    data = b"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED
    refused(server, data, 400)
    assert server.get("/trap").body == b"0"


def test_x03_what_follows_a_short_length_is_a_request_of_its_own(server: Server) -> None:
    with Connection(server.port) as connection:
        connection.send(post(b"[1]") + b"2]" + request("/echo"))
        assert connection.answer().body == b"[[1]]"
        assert connection.answer().status == 400
        assert connection.ended() == b""


# What is not JSON


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b'"\xff"', 400, id="X05 not UTF-8"),
        pytest.param('{"a":1}'.encode("utf-16"), 400, id="X05 UTF-16"),
        pytest.param(b"\xef\xbb\xbf{}", 400, id="X05 byte order mark"),
        pytest.param(rb'{"a":"\ud800"}', 422, id="X07 lone surrogate"),
        pytest.param(b"[" * 100_000, 400, id="X08 deep"),
        pytest.param(b'{"a":1,"a":1}', 400, id="X08 doubled key"),
        pytest.param(b"NaN", 400, id="X09 NaN"),
        pytest.param(b"-Infinity", 400, id="X09 Infinity"),
        pytest.param(b"1e400", 400, id="X09 1e400"),
        pytest.param(b"9" * 5_000, 400, id="X09 5,000 digits"),
        pytest.param(str(2**64).encode(), 400, id="X09 2^64"),
    ],
)
def test_bodies_that_are_no_strict_json(server: Server, body: bytes, status: int) -> None:
    answer = exchange(server.port, post(body))
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_x08_many_and_long_keys(server: Server) -> None:
    for count, status in ((4_000, 200), (20_000, 400)):
        many = dumps({str(number): 0 for number in range(count)})
        assert exchange(server.port, post(many)).status == status
    assert exchange(server.port, post(b'{"%s":0}' % (b"x" * 1_000_000))).status == 413


@pytest.mark.parametrize(
    "header",
    ["X-None: given", "Content-Type: application/x-www-form-urlencoded", "Content-Type: multipart/form-data"],
)
def test_x13_bodies_of_another_type(server: Server, header: str) -> None:
    assert exchange(server.port, request("/echo", "POST", header, body=b"{}")).status == 415


def test_x30_a_gzip_bomb(server: Server) -> None:
    assert exchange(server.port, post(b"\x1f\x8b" + bytes(1000), "Content-Encoding: gzip")).status == 415


# Addresses, methods, hosts, versions


@pytest.mark.parametrize("spelling", OTHER_SPELLINGS)
def test_x11_other_spellings_of_a_number(server: Server, spelling: str) -> None:
    assert server.get("/things/1").body == b"1"
    assert server.get(f"/things/{spelling}").status == 404


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/%2f..%2f", 404),
        ("//", 404),
        ("//things/1", 404),
        ("/things//1", 404),
        ("/../things/1", 404),
        ("/%00", 404),
        ("/%ff", 404),
        ("/\xff", 400),
        ("/\0", 400),
        ("/things/1?\xff", 400),
        ("/things/1#x", 400),
        ("/things/1 x", 400),
        ("/" + "x" * 9_000, 414),
        ("/things/1?" + "x" * 9_000, 414),
        ("things/1", 400),
        ("*", 404),
        ("http://other/things/2", 200),
    ],
    ids=lambda value: f"{value!a:.30}",
)
def test_x12_addresses(server: Server, target: str, status: int) -> None:
    assert exchange(server.port, request(target)).status == status


@pytest.mark.parametrize(
    ("method", "status"), [("TRACE", 405), ("FOO", 400), ("get", 400), ("QUERY", 405), ("CONNECT", 400)]
)
def test_x29_methods(server: Server, method: str, status: int) -> None:
    answer = exchange(server.port, request("/echo", method))
    assert answer.status == status


def test_x29_method_override_and_origin_mean_nothing(server: Server) -> None:
    data = request("/echo", "GET", "X-HTTP-Method-Override: DELETE", "Origin: https://evil.example")
    answer = exchange(server.port, data)
    assert answer.status == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_x25_missing_and_doubled_host(server: Server) -> None:
    refused(server, request("/echo", host=None), 400)
    refused(server, request("/echo", "GET", "Host: other"), 400)
    refused(server, request("/echo", host="a/b"), 400)


def test_x25_forwarded_headers_mean_nothing(server: Server) -> None:
    answer = exchange(server.port, request("/echo", "GET", "X-Forwarded-For: 1.2.3.4"))
    assert b'"client":"127.0.0.1"' in answer.body


@pytest.mark.parametrize("version", ["HTTP/2.0", "HTTP/1.2", "HTTP/9.9", "http/1.1", "HTTP/1.1.1", "ICY"])
def test_versions(server: Server, version: str) -> None:
    refused(server, f"GET /echo {version}\r\nHost: localhost\r\n\r\n".encode(), 400, 505)


def test_version_0_9(server: Server) -> None:
    refused(server, b"GET /echo\r\n\r\n", 505)


def test_head(server: Server) -> None:
    answer = exchange(server.port, request("/things/1", "HEAD"), "HEAD")
    assert (answer.status, answer.headers["content-length"]) == (200, "1")


def test_every_answer_says_nosniff(server: Server) -> None:
    for answer in (server.get(), server.get("/nowhere"), exchange(server.port, b"x\r\n\r\n")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "server" not in answer.headers


def test_an_upgrade_is_not_taken_up(server: Server) -> None:
    with Connection(server.port) as connection:
        connection.send(request("/echo", "GET", "Connection: Upgrade", "Upgrade: websocket") + SMUGGLED)
        answer = connection.answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert connection.ended() == b""
    assert server.get("/trap").body == b"0"


# Many requests on one connection


def test_requests_in_line_are_answered_in_order(server: Server) -> None:
    numbers = range(1, 51)
    with Connection(server.port) as connection:
        connection.send(b"".join(request(f"/things/{number}") for number in numbers))
        assert [connection.answer().body for _ in numbers] == [b"%d" % number for number in numbers]
        connection.send(post(b"[]"))
        assert connection.answer().body == b"[[]]"


def test_a_large_body_and_a_request_behind_it_are_no_header(server: Server) -> None:
    body = dumps("x" * 200_000)
    with Connection(server.port) as connection:
        for _ in range(3):
            connection.send(post(body) * 2 + request("/things/7") + request("/things/8")[:20])
            connection.send(request("/things/8")[20:])
            assert [connection.answer().status for _ in range(2)] == [200, 200]
            assert [connection.answer().body for _ in range(2)] == [b"7", b"8"]


def test_a_refusal_does_not_overtake_answers(server: Server) -> None:
    with Connection(server.port) as connection:
        connection.send(request("/things/1") + request("/things/2") + b"garbage\r\n\r\n")
        assert [connection.answer().status for _ in range(3)] == [200, 200, 400]
        assert connection.ended() == b""


def test_a_request_in_line_with_a_broken_body_is_not_run(server: Server) -> None:
    chunked = request("/trap", "POST", "Transfer-Encoding: chunked")
    with Connection(server.port) as connection:
        connection.send(request("/things/1") + chunked + b"zzz\r\n")
        assert [connection.answer().status for _ in range(2)] == [200, 400]
        assert connection.ended() == b""
    assert server.get("/trap").body == b"0"


def test_too_many_requests_in_line(server: Server) -> None:
    with Connection(server.port) as connection:
        connection.send(request("/things/1") * 1000)
        statuses = [connection.answer().status]
        while statuses[-1] == 200:
            statuses.append(connection.answer().status)
        assert statuses[-1] == 400
        assert len(statuses) > 100
        assert connection.ended() == b""


# Heads


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /" + b"x" * 9 * KIB, 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: " + b"x" * 33 * KIB + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 7000 + b"\r\n", 431),
        (b"\r\n" * 300 * KIB, 431),
    ],
    ids=["request line", "one header", "many headers", "empty lines"],
)
def test_heads_that_are_too_large(server: Server, head: bytes, status: int) -> None:
    refused(server, head, status)


def test_a_head_that_is_just_not_too_large(server: Server) -> None:
    many = [f"X-{number}: {'x' * 900}" for number in range(30)]
    with Connection(server.port) as connection:
        for _ in range(3):
            connection.send(request("/things/1", "GET", *many))
            assert connection.answer().status == 200


def test_x04_an_endless_header(server: Server) -> None:
    with Connection(server.port) as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
        assert cut_off(connection, b"x" * MIB, times=64)
    assert server.serves_others()


# Clients that stall


def test_x04_half_a_header(hasty: Server) -> None:
    with Connection(hasty.port) as connection:
        connection.send(b"GET /echo HTT")
        assert hasty.serves_others()
        assert connection.answer().status == 408
        assert connection.ended() == b""


def test_x04_half_a_body(hasty: Server) -> None:
    with Connection(hasty.port) as connection:
        connection.send(post(b"[1, 2, 3]")[:-1])
        assert hasty.serves_others()
        assert connection.answer().status == 408
        assert connection.ended() == b""


def test_x04_a_body_that_nobody_waits_for(hasty: Server) -> None:
    with Connection(hasty.port) as connection:
        connection.send(request("/nowhere", "POST", body=b"[1, 2, 3]")[:-1])
        assert connection.answer().status == 404
        assert connection.ended() == b""


def test_x04_drops_of_empty_lines_are_no_request(hasty: Server) -> None:
    with Connection(hasty.port) as connection:
        wait_until(lambda: cut_off(connection, b"\r\n", times=1))


def test_x04_an_answer_that_nobody_reads(hasty: Server) -> None:
    with Connection(hasty.port, receive_buffer=4 * KIB) as connection:
        connection.send(request("/big"))
        assert hasty.serves_others()
        # A reset shows without reading; reading would be the very thing this client does not do.
        gone = select.poll()
        gone.register(connection.socket, 0)
        assert gone.poll(PATIENCE * 1000), "the answer is still waiting to be read"


def test_x04_a_large_answer_that_is_read(server: Server) -> None:
    with Connection(server.port) as connection:
        connection.send(request("/big"))
        assert len(connection.answer().body) == 32 * MIB


def test_x04_idle_connections(hasty: Server) -> None:
    count = 500
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < 2 * count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(2 * count, hard), hard))
    connections = [Connection(hasty.port) for _ in range(count)]
    assert hasty.serves_others()
    for connection in connections:
        assert connection.ended() == b""
        connection.close()


def test_x04_a_connection_at_rest_after_an_answer(hasty: Server) -> None:
    with Connection(hasty.port) as connection:
        connection.send(request("/things/1"))
        assert connection.answer().status == 200
        assert connection.ended() == b""


# Signals


def test_f34_sigterm_lets_a_request_in_flight_finish(tmp_path: Path) -> None:
    server = start(tmp_path, GuardedWorker)
    try:
        data = post(b"[1, 2, 3]")
        with Connection(server.port) as connection:
            connection.send(data[:-1])
            assert server.serves_others()
            server.process.terminate()
            wait_until(lambda: not listens(server.port))
            connection.send(data[-1:])
            answer = connection.answer()
            assert (answer.status, answer.body) == (200, b"[[1,2,3]]")
            assert answer.headers["connection"] == "close"
        assert server.process.wait(PATIENCE) == 0
    finally:
        server.process.kill()


def test_f01_a_killed_arbiter_takes_its_worker_with_it(tmp_path: Path) -> None:
    server = start(tmp_path, UnsweptWorker)
    worker = orjson.loads(server.get().body)["pid"]
    with Connection(server.port):
        server.process.send_signal(signal.SIGKILL)
        server.process.wait(PATIENCE)
        wait_until(lambda: can_bind(server.port))
        wait_until(lambda: not runs(worker))


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A container without an init keeps killed orphans as zombies, which hold nothing.
    return b") Z " not in Path(f"/proc/{pid}/stat").read_bytes()


def can_bind(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
