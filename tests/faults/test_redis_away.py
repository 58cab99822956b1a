"""F20: Redis down, hung, flushed, out of memory: readers learn later, and nothing else changes."""

import asyncio
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from projections.readmodel.open import open_words
from projections.readmodel.words import Words
from tests.services.redis import Redis
from tests.support.client import Client
from tests.support.cluster import agree, cluster, new_chats
from tests.support.load import Load
from tests.support.logs import new_log_url
from tests.support.shared_server import private_server
from tests.support.waiting import until


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with private_server("redis", tmp_path_factory.mktemp("redis"), ["--maxmemory", "8mb"]) as server:
        assert isinstance(server, Redis)
        yield server


@pytest.fixture
def words(server: Redis) -> Iterator[tuple[Words, list[int]]]:
    """Words, and what is heard of them."""
    server.start()
    heard: list[int] = []
    with closing(open_words(server.url(), secrets.token_hex(4))) as words:
        words.listen("tables", heard.append)
        gets_through(words, heard)
        yield words, heard


def gets_through(words: Words, heard: list[int]) -> None:
    """Wait until a word that is told now is heard."""
    mark = 1 + max(heard, default=0)

    def spoken() -> bool:
        words.tell("tables", mark)
        return mark in heard

    until(spoken, "a word")
    until(lambda: words.error is None, "no complaint")


def command(server: Redis, *lines: str) -> None:
    """Commands as an operator would type them."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        answers = connection.makefile("rb")
        for line in (f"AUTH {server.state.secrets['password']}", *lines):
            connection.sendall(f"{line}\r\n".encode())
            answer = answers.readline()
            assert not answer.startswith(b"-"), answer


def test_F20_down(server: Redis, words: tuple[Words, list[int]]) -> None:
    server.kill()
    for position in range(10_000, 60_000):
        words[0].tell("tables", position)
    until(lambda: words[0].error is not None, "the complaint")
    assert max(words[1]) < 10_000
    server.start()
    # The last word is told as soon as somebody can be told.
    gets_through(*words)


def test_F20_never_there() -> None:
    with closing(open_words("redis://127.0.0.1:9/0", "store")) as words:
        words.listen("tables", lambda _: None)
        words.tell("tables", 1)
        until(lambda: "ConnectionError" in str(words.error), "the complaint")


def test_F20_wrong_password(server: Redis) -> None:
    server.start()
    with closing(open_words(f"redis://:wrong@127.0.0.1:{server.port}/0", "store")) as words:
        words.tell("tables", 1)
        until(lambda: "invalid username-password" in str(words.error), "the complaint")
        assert "wrong@" not in str(words.error)


def test_F20_hung(server: Redis, words: tuple[Words, list[int]]) -> None:
    server.pause()
    try:
        for position in range(10_000, 60_000):
            words[0].tell("tables", position)
        until(lambda: words[0].error is not None, "the complaint")
    finally:
        server.resume()
    gets_through(*words)


def test_F20_closed_while_hung(server: Redis) -> None:
    server.start()
    words = open_words(server.url(), "store")
    words.listen("tables", lambda _: None)
    words.tell("tables", 1)
    server.pause()
    try:
        words.close()
        until(lambda: not [one for one in threading.enumerate() if one.name.endswith("-words")], "no thread")
    finally:
        server.resume()


def test_F20_flushed_and_full(server: Redis, words: tuple[Words, list[int]]) -> None:
    command(server, "FLUSHALL", "CONFIG SET maxmemory 1")
    try:
        gets_through(*words)
    finally:
        command(server, "CONFIG SET maxmemory 8mb")
    command(server, "CLIENT KILL TYPE pubsub", "CLIENT KILL TYPE normal")
    gets_through(*words)


@pytest.mark.parametrize("word", ["", "x", "-1", "1.5", "9" * 30, "0x10", '"quoted"', "\\xff"])
def test_F20_strange_words(server: Redis, words: tuple[Words, list[int]], word: str) -> None:
    prefix = vars(words[0])["_prefix"]
    command(
        server, f'PUBLISH {prefix}tables "{word}"' if '"' not in word else f"PUBLISH {prefix}tables {word}"
    )
    before = set(words[1])
    gets_through(*words)
    assert len({*words[1]} - before) == 1


@pytest.mark.parametrize("seconds", [1, pytest.param(30, marks=pytest.mark.long)])
def test_F20_servers_go_on(tmp_path: Path, server: Redis, seconds: int) -> None:
    """Hung, then down, then flushed: every write is answered as ever, and read back at once."""
    server.start()

    async def scenario(log_url: str) -> None:
        chats = await new_chats(servers[0])
        async with Load([one.url for one in servers], chats) as load, Client(servers[0].url) as client:

            async def posts_and_reads() -> None:
                for _ in range(20):
                    post = load.history.invoke(chats[0], secrets.token_hex(8), keyed=False)
                    answer = await client.post(f"{chats[0]}/messages", {"body": post.body})
                    load.history.end(post, answer)
                    assert (await client.get(answer.headers["location"])).status == 200

            for fault in (server.pause, server.kill, server.start):
                await asyncio.to_thread(fault)
                await posts_and_reads()
                await asyncio.sleep(seconds)
                await load.grown(50)
            await asyncio.to_thread(command, server, "FLUSHALL")
            await posts_and_reads()
        assert {*load.history.ends} == {"201"}
        await agree(load, servers, log_url)

    with (
        new_log_url("mariadb", tmp_path) as log_url,
        # With limits, which nobody comes near.
        cluster(
            tmp_path,
            log_url,
            2,
            PARLEY_REDIS_URL=server.url(),
            PARLEY_LIMIT_KEY="1000000/second",
            PARLEY_LIMIT_ADDRESS="1000000/second",
        ) as servers,
    ):
        asyncio.run(scenario(log_url))
