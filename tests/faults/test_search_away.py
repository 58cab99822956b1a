"""F21: the search engine is away, hung or killed: only searches can't be answered, and then they are caught up."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engines.search_url import parse_search
from tests.support.client import Client
from tests.support.proxy import Proxy
from tests.support.search_engines import new_prefix
from tests.support.server import Server, eventually
from tests.support.shared_server import private_server


class Chat:
    """One chat of a running server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._path = ""

    async def _ask(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, str], object]:
        async with Client(self.server.url) as client:
            answer = await client.request(method, path, body)
            return answer.status, dict(answer.headers), answer.json() if answer.body else None

    def make(self) -> None:
        status, _, made = asyncio.run(self._ask("POST", "/applications", {"name": "a"}))
        assert status == 201
        assert isinstance(made, dict)
        chats = f"/applications/{made['token']}/chats"
        assert asyncio.run(self._ask("POST", chats, {}))[0] == 201
        self._path = f"{chats}/1/messages"

    def post(self, count: int) -> None:
        for _ in range(count):
            assert asyncio.run(self._ask("POST", self._path, {"body": "sushi"}))[0] == 201

    def listed(self) -> int:
        status, _, page = asyncio.run(self._ask("GET", f"{self._path}?limit=100"))
        assert status == 200
        assert isinstance(page, dict)
        return len(page["items"])

    def search(self) -> tuple[int, dict[str, str], int | None]:
        status, headers, page = asyncio.run(self._ask("GET", f"{self._path}/search?q=sushi"))
        return status, headers, page["total"] if isinstance(page, dict) and status == 200 else None


@contextmanager
def serving(data: Path, search_url: str) -> Iterator[Server]:
    server = Server(data, {"PARLEY_SEARCH_URL": search_url}).start()
    try:
        yield server
    finally:
        server.stop()


def is_unavailable(chat: Chat) -> bool:
    status, headers, _ = chat.search()
    return status == 503 and int(headers["retry-after"]) >= 0


def test_f21_a_hung_engine_is_missed_by_searches_only(tmp_path: Path) -> None:
    with new_prefix("opensearch") as url:
        target = parse_search(url)
        with (
            Proxy(target.host, target.port) as proxy,
            serving(tmp_path / "data", proxy.through(url)) as server,
        ):
            chat = Chat(server)
            chat.make()
            chat.post(3)
            eventually(lambda: chat.search()[2] == 3, "found")

            proxy.black_hole()
            proxy.reset_all()
            chat.post(20)
            assert chat.listed() == 23
            assert server.is_ready()
            assert is_unavailable(chat)

            proxy.heal()
            proxy.reset_all()
            eventually(lambda: chat.search()[2] == 23, "caught up")


def test_f21_an_engine_may_come_after_the_server(tmp_path: Path) -> None:
    with new_prefix("opensearch") as url:
        # Nothing listens on the discard port.
        away = f"http://127.0.0.1:9/{parse_search(url).prefix}"
        with serving(tmp_path / "data", away) as server:
            chat = Chat(server)
            chat.make()
            chat.post(2)
            assert chat.listed() == 2
            assert is_unavailable(chat)
            assert "going on without search" in server.log.read_text(encoding="utf-8")
        with serving(tmp_path / "data", url) as chat.server:
            eventually(lambda: chat.search()[2] == 2, "caught up")


@pytest.mark.long
@pytest.mark.parametrize("engine", ["opensearch", "opensearch3", "elasticsearch"])
def test_f21_a_killed_engine_is_caught_up(tmp_path: Path, engine: str) -> None:
    with (
        private_server(engine, tmp_path / "engine") as search,
        serving(tmp_path / "data", search.url()) as server,
    ):
        chat = Chat(server)
        chat.make()
        chat.post(30)
        eventually(lambda: chat.search()[2] == 30, "found")
        search.kill()
        chat.post(30)
        assert chat.listed() == 60
        assert is_unavailable(chat)
        search.start()
        eventually(lambda: chat.search()[2] == 60, "caught up", 120)
