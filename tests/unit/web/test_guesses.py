"""The layer and guesses at keys and tokens: who is limited, who is let in, and by what."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from limits import parse_many

from web.admin import AdminKey
from web.limiter import Limiter, Quotas
from web.limiting import MADE, limiting
from web.paths import APPLICATION, APPLICATIONS
from web.problem import FAILED
from web.routing import ROUTE

T, U = "t" * 43, "u" * 43
ADMIN = "a" * 20
HERE, THERE = "192.0.2.1", "192.0.2.2"


class Client:
    """Asks a layer around an application like the real ones, which has the token T and the key `good`."""

    def __init__(self, allowed: str = "5/minute", **quotas: str) -> None:
        limits = {name: tuple(parse_many(text)) for name, text in {"failures": allowed, **quotas}.items()}
        self.layer: Any = limiting(self.app, Limiter(Quotas(**limits)), AdminKey(ADMIN))
        self.hold: Callable[[], Awaitable[Any]] | None = None

    async def app(self, scope: Any, _receive: Any, send: Any) -> None:
        if self.hold is not None:
            await self.hold()
        status = self.status(scope)
        if status == 401:
            scope[FAILED] = True
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def status(self, scope: Any) -> int:
        path, shown = (
            scope["path"],
            dict(scope["headers"]).get(b"authorization", b"").partition(b" ")[2].decode(),
        )
        if not path.startswith(APPLICATIONS):
            return 200
        scope[ROUTE] = APPLICATIONS if path == APPLICATIONS else APPLICATION
        if scope["method"] == "OPTIONS":
            return 204
        if path == APPLICATIONS:
            if shown != ADMIN:
                return 401
            scope[MADE] = T
            return 201
        if T not in path:
            return 404
        return 401 if shown == "bad" else 200

    async def ask(self, path: str, shown: str = "", method: str = "GET", address: str = HERE) -> int:
        statuses: list[int] = []

        async def send(event: Any) -> None:
            statuses.append(event.get("status", 0))

        headers = [(b"authorization", f"Bearer {shown}".encode())] if shown else []
        scope = {"type": "http", "method": method, "path": path, "headers": headers, "client": (address, 1)}
        await self.layer(scope, None, send)
        return statuses[0]

    def all(self, *asked: tuple[str, ...]) -> list[int]:
        return [asyncio.run(self.ask(*each)) for each in asked]


def guesses(count: int) -> list[tuple[str, ...]]:
    return [(f"/applications/{number:043}",) for number in range(count)]


def test_guesses_at_once_do_not_pass() -> None:
    client = Client()

    async def many() -> list[int]:
        everybody = asyncio.Event()
        client.hold = everybody.wait
        tasks = [asyncio.create_task(client.ask(*each)) for each in guesses(300)]
        await asyncio.sleep(0)
        everybody.set()
        return await asyncio.gather(*tasks)

    statuses = asyncio.run(many())
    assert (statuses.count(404), statuses.count(429)) == (5, 295)


def test_what_is_no_guess_does_not_count() -> None:
    client = Client()
    assert client.all(*[(f"/applications/{T}", f"key {number}") for number in range(20)]) == [200] * 20
    assert client.all(*guesses(6)) == [404] * 5 + [429]


@pytest.mark.parametrize(
    ("path", "method"), [("/docs", "GET"), ("/openapi.json", "GET"), (f"/applications/{U}", "OPTIONS")]
)
def test_nobody_is_let_in_by_what_everybody_may(path: str, method: str) -> None:
    client = Client()
    everybody, guess = (path, "bad", method), (f"/applications/{U}", "bad")
    statuses = client.all(*[everybody, guess] * 7)
    assert {*statuses[::2]} <= {200, 204}
    assert statuses[1::2] == [404] * 5 + [429] * 2


def test_a_good_key_does_not_cover_guesses_at_tokens_and_goes_on() -> None:
    client = Client("2/minute")
    mine, other = (f"/applications/{T}", "good"), (f"/applications/{U}", "good")
    assert client.all(mine, other, other, other, mine) == [200, 404, 404, 429, 200]


def test_a_key_that_is_good_no_more_counts() -> None:
    client = Client("3/minute")
    mine = (f"/applications/{T}", "mine")
    assert client.all(mine) == [200]
    client.status = lambda _: 401  # type: ignore[method-assign]
    assert client.all(*[mine] * 4) == [401] * 3 + [429]


def test_guesses_lock_out_neither_the_operator_nor_who_reads_the_page() -> None:
    client = Client()
    assert client.all(*guesses(6))[-1] == 429
    assert client.all((APPLICATIONS, "wrong"), (APPLICATIONS,), (f"/applications/{T}",)) == [429] * 3
    assert client.all(("/docs",), ("/openapi.json",), (f"/applications/{T}", ADMIN)) == [200] * 3
    assert client.all((APPLICATIONS, ADMIN, "POST"), (f"/applications/{T}",)) == [201, 200]
    assert client.all((f"/applications/{U}", ADMIN), (f"/applications/{U}",)) == [404, 429]


def test_an_application_without_keys_has_one_quota() -> None:
    client = Client(key="5/day")
    asked = [(f"/applications/{T}", shown) for shown in ("", *(f"made up {number}" for number in range(6)))]
    assert client.all(*asked) == [200] * 5 + [429] * 2


def test_a_refusal_by_another_limit_is_no_guess() -> None:
    client = Client(address="3/day")
    assert (
        client.all(*[(f"/applications/{T}", f"key {number}") for number in range(9)]) == [200] * 3 + [429] * 6
    )
    assert asyncio.run(client.ask(f"/applications/{T}", address=THERE)) == 200
