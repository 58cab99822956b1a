"""Each status of the contract's error table, on a server and by a gateway; 409 has its test at the dispatcher."""

import asyncio
import socket
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.client import Answer, AnyClient, Client
from tests.support.group import Group, ServerGroup
from tests.support.server import Server
from tests.support.walk import new_application, new_chat

KEY = "an admin key of the test"
ADMIN = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("guarded") / "data", {"PARLEY_ADMIN_KEY": KEY}) as running:
        yield running


def ask(door: Group, scenario: Callable[[AnyClient, str], Awaitable[None]]) -> None:
    """Run the scenario with a client and the path of a chat that holds one message."""

    async def run() -> None:
        async with door.client() as client:
            chat = await new_chat(client, await new_application(client))
            await client.post(f"{chat}/messages", {"body": "hello"})
            await scenario(client, chat)

    asyncio.run(run())


def assert_problem(answer: Answer, status: int, *places: Mapping[str, str]) -> None:
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert {"type", "title", "detail"} <= problem.keys()
    found = [
        {name: error[name] for name in ("pointer", "parameter") if name in error}
        for error in problem.get("errors", [])
    ]
    assert found == list(places)


def exchange(door: Group, request: bytes) -> bytes:
    """Raw bytes there and back."""
    with socket.create_connection(("127.0.0.1", door.servers[0].port), timeout=30) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"body": "\xff"}',
        b'\xef\xbb\xbf{"body": "x"}',
        b'{"body":"x","body":"y"}',
        b"[" * 100_000,
        b'{"body":NaN}',
    ],
)
def test_400_a_body_that_is_not_strict_json(door: Group, body: bytes) -> None:
    async def scenario(_: AnyClient, chat: str) -> None:
        answer = exchange(
            door,
            f"POST {chat}/messages HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body,
        )
        assert answer.startswith(b"HTTP/1.1 400"), answer
        assert b"application/problem+json" in answer

    ask(door, scenario)


@pytest.mark.parametrize("headers", [{"Min-Log-Position": "x"}, {"If-None-Match": "x"}])
def test_400_a_malformed_header_of_a_read(door: Group, headers: dict[str, str]) -> None:
    async def scenario(client: AnyClient, chat: str) -> None:
        assert_problem(await client.request("GET", f"{chat}/messages/1", headers=headers), 400)

    ask(door, scenario)


@pytest.mark.parametrize(
    "headers", [{"Idempotency-Key": "a b"}, {"Idempotency-Key": "x" * 256}, {"Idempotency-Key": ""}]
)
def test_400_a_malformed_idempotency_key(door: Group, headers: dict[str, str]) -> None:
    async def scenario(client: AnyClient, chat: str) -> None:
        assert_problem(await client.request("POST", f"{chat}/messages", {"body": "x"}, headers), 400)

    ask(door, scenario)


def test_400_a_malformed_if_match(door: Group) -> None:
    async def scenario(client: AnyClient, chat: str) -> None:
        for method, body in (("PATCH", {"body": "x"}), ("DELETE", None)):
            assert_problem(await client.request(method, f"{chat}/messages/1", body, {"If-Match": "1"}), 400)

    ask(door, scenario)


def test_400_a_forged_cursor(door: Group) -> None:
    async def scenario(client: AnyClient, chat: str) -> None:
        chats = chat.rpartition("/")[0]
        assert_problem(await client.get(f"{chats}?order=recent&cursor=forged"), 400)

    ask(door, scenario)


def test_400_malformed_http(door: Group) -> None:
    assert exchange(door, b"NONSENSE\r\n\r\n").startswith(b"HTTP/1.1 400")


def test_401_without_the_admin_key(guarded: Server) -> None:
    async def scenario() -> None:
        async with Client(guarded.url) as client:
            made = await client.request("POST", "/applications", {"name": "x"}, ADMIN)
            assert made.status == 201
            path = made.headers["location"]
            for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {KEY}"}):
                for method, target, body in (
                    ("POST", "/applications", {"name": "x"}),
                    ("GET", "/applications", None),
                    ("DELETE", path, None),
                ):
                    answer = await client.request(method, target, body, headers)
                    assert_problem(answer, 401)
                    assert answer.headers["www-authenticate"].startswith("Bearer")
            assert (await client.get("/applications", **ADMIN)).status == 200
            assert (await client.get(path)).status == 200
            assert (await client.request("DELETE", path, headers=ADMIN)).status == 204

    asyncio.run(scenario())


def test_404_unknown_things_and_routes(door: Group) -> None:
    nobody = "/applications/" + "x" * 43

    async def scenario(client: AnyClient, chat: str) -> None:
        for path in (
            nobody,
            f"{nobody}/chats",
            f"{chat[:-1]}9",
            f"{chat[:-1]}9/messages",
            f"{chat}/messages/9",
        ):
            assert_problem(await client.get(path), 404)
        for path in (
            "/",
            "/applications/",
            f"{chat}/",
            f"{chat}/messages/01",
            f"{chat}/messages/%31",
            "/nothing",
        ):
            assert_problem(await client.get(path), 404)
            assert_problem(await client.post(path, {"body": "x"}), 404)
        assert_problem(await client.post(f"{nobody}/chats", {}), 404)
        assert_problem(await client.post(f"{chat[:-1]}9/messages", {"body": "x"}), 404)
        assert_problem(await client.request("PATCH", f"{chat}/messages/9", {"body": "x"}), 404)
        assert_problem(await client.request("DELETE", f"{chat}/messages/9"), 404)

    ask(door, scenario)


def test_404_after_deletion_for_reads_writes_and_retries(door: Group) -> None:
    async def scenario(client: AnyClient, chat: str) -> None:
        posted = await client.post(f"{chat}/messages", {"body": "x"}, Idempotency_Key="k")
        message = posted.headers["location"]
        assert (await client.request("DELETE", message)).status == 204
        for method in ("GET", "PATCH", "DELETE"):
            body = {"body": "y"} if method == "PATCH" else None
            assert_problem(await client.request(method, message, body), 404)
        assert_problem(await client.post(f"{chat}/messages", {"body": "x"}, Idempotency_Key="k"), 404)

    ask(door, scenario)


def test_405_with_all_methods_of_both_sides(door: Group) -> None:
    async def scenario(client: AnyClient, chat: str) -> None:
        for method, path, allowed in (
            ("PUT", "/applications", "GET, HEAD, OPTIONS, POST"),
            ("DELETE", f"{chat}/messages", "GET, HEAD, OPTIONS, POST"),
            ("POST", chat, "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
            ("POST", f"{chat}/messages/search", "GET, HEAD, OPTIONS"),
        ):
            answer = await client.request(method, path)
            assert_problem(answer, 405)
            assert answer.headers["allow"] == allowed

    ask(door, scenario)


def test_412_a_stale_if_match(door: Group) -> None:
    async def scenario(client: AnyClient, chat: str) -> None:
        path = f"{chat}/messages/1"
        assert_problem(await client.request("PATCH", path, {"body": "x"}, {"If-Match": '"2"'}), 412)
        assert_problem(await client.request("PATCH", path, {"body": "x"}, {"If-Match": 'W/"1"'}), 412)
        assert_problem(await client.request("DELETE", path, None, {"If-Match": '"7", "8"'}), 412)
        assert (await client.request("PATCH", path, {"body": "x"}, {"If-Match": '"7", "1"'})).status == 200
        assert (await client.request("DELETE", path, None, {"If-Match": "*"})).status == 204

    ask(door, scenario)


def test_413_a_body_that_is_too_large(door: Group) -> None:
    async def scenario(client: AnyClient, chat: str) -> None:
        assert_problem(await client.post(f"{chat}/messages", {"body": "x" * 256 * 1024}), 413)

    ask(door, scenario)


def test_413_before_the_body_is_read(door: Group) -> None:
    with socket.create_connection(("127.0.0.1", door.servers[0].port), timeout=30) as connection:
        connection.sendall(
            b"POST /applications HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
            b"Content-Length: 1000000000\r\n\r\n"
        )
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413"), answer


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_415_other_kinds_of_body(door: Group, headers: dict[str, str]) -> None:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    answer = exchange(
        door,
        f"POST /applications HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{lines}Content-Length: 12\r\n\r\n"
        '{"name":"x"}'.encode(),
    )
    assert answer.startswith(b"HTTP/1.1 415"), answer


def test_422_names_the_place_in_a_body(door: Group) -> None:
    async def scenario(client: AnyClient, chat: str) -> None:
        messages = f"{chat}/messages"
        for body, places in (
            ({}, ["/body"]),
            ({"body": ""}, ["/body"]),
            ({"body": " \n\u2003"}, ["/body"]),
            ({"body": "x" * 10_001}, ["/body"]),
            ({"body": 7}, ["/body"]),
            ({"body": None}, ["/body"]),
            ({"body": {"$gt": ""}}, ["/body"]),
            ({"body": "a\0b"}, ["/body"]),
            ({"body": "x", "sender": ""}, ["/sender"]),
            ({"body": "x", "sender": "y" * 256}, ["/sender"]),
            ({"body": "x", "number": 7}, ["/number"]),
            ({"body": "x", "a/b~c": 7}, ["/a~1b~0c"]),
            ([], [""]),
            ("text", [""]),
        ):
            assert_problem(await client.post(messages, body), 422, *[{"pointer": place} for place in places])
        assert_problem(await client.request("PATCH", chat, {}), 422, {"pointer": "/title"})
        assert_problem(await client.post("/applications", {"name": "\t"}), 422, {"pointer": "/name"})

    ask(door, scenario)


def test_422_names_a_query_parameter(door: Group) -> None:
    async def scenario(client: AnyClient, chat: str) -> None:
        messages = f"{chat}/messages"
        for query, name in (
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("limit=+1", "limit"),
            ("after=-1", "after"),
            ("order=up", "order"),
            ("min_position=x", "min_position"),
            ("page=2", "page"),
            ("limit=1&limit=1", "limit"),
        ):
            assert_problem(await client.get(f"{messages}?{query}"), 422, {"parameter": name})
        for query in ("", "q=", "q=%20", "q=%CC%81", f"q={'x' * 201}"):
            assert_problem(await client.get(f"{messages}/search?{query}"), 422, {"parameter": "q"})
        assert_problem(await client.post(f"{messages}?x=1", {"body": "x"}), 422, {"parameter": "x"})

    ask(door, scenario)


def test_422_an_idempotency_key_of_another_request(door: Group) -> None:
    async def scenario(client: AnyClient, chat: str) -> None:
        first = await client.post(f"{chat}/messages", {"body": "x", "sender": None}, Idempotency_Key="k")
        again = await client.post(f"{chat}/messages", {"sender": None, "body": "x"}, Idempotency_Key="k")
        assert (first.status, again.status) == (201, 201)
        assert again.body == first.body
        assert again.headers["idempotent-replayed"] == "true"
        assert "idempotent-replayed" not in first.headers
        for path, body in ((f"{chat}/messages", {"body": "y"}), (f"{chat.rpartition('/')[0]}", {})):
            assert_problem(await client.post(path, body, Idempotency_Key="k"), 422)

    ask(door, scenario)


def test_503_while_another_process_holds_the_log(tmp_path: Path) -> None:
    """F38: a locked database is 503 with Retry-After, and heals."""
    with Server(tmp_path / "data") as server:

        async def scenario(client: AnyClient, chat: str) -> None:
            holder = sqlite3.connect(server.data / "log.db", isolation_level=None)
            try:
                holder.execute("BEGIN IMMEDIATE")
                answer = await client.post(f"{chat}/messages", {"body": "x"})
                assert_problem(answer, 503)
                assert int(answer.headers["retry-after"]) >= 1
                assert (await client.get(f"{chat}/messages/1")).status == 200
            finally:
                holder.close()
            assert (await client.post(f"{chat}/messages", {"body": "x"})).json()["number"] == 2

        ask(ServerGroup([server], {}), scenario)


def test_503_for_a_position_that_is_not_reached(door: Group) -> None:
    async def scenario(client: AnyClient, chat: str) -> None:
        for path in (chat, f"{chat}/messages", f"{chat}/messages/search?q=hello"):
            answer = await client.get(path, Min_Log_Position="999999999", Prefer="wait=0")
            assert_problem(answer, 503)
            assert int(answer.headers["retry-after"]) >= 1

    ask(door, scenario)
