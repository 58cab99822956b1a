"""`parley serve`: requests beside no-op requests of the same process, freshness, search, replay, memory."""

import asyncio
import random
import tempfile
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import click

from benchmarks.fill import TOKEN, fill, text
from benchmarks.measure import Measure, percentile
from benchmarks.running import Running, running
from benchmarks.visible import visible
from benchmarks.wrk import gets, posts, wrk
from eventstore.open import open_log
from projections.readmodel.open import open_control
from projections.replay import replay
from projections.tail import Tail
from tests.support.client import Client

SERVER = "benchmarks.noop_server"
SMALL = 10_000
LARGE = 1_000_000
CHATS = 1000
HOT = 100_000
QUERIES = 300
BODY = '{"body": "Shall we meet at the café on the corner at eight, or is that too late for you?"}'

CHAT = f"/applications/{TOKEN}/chats"


def run() -> list[Measure]:
    """All figures, in about five minutes."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder, "small"), Path(folder, "large")
        _say(f"filling a log with {SMALL:,} messages, another with {LARGE:,}")
        fill(small, SMALL, 100, SMALL // 10)
        fill(large, LARGE, CHATS, HOT)
        replays = [
            _replay(small, large, name, goal) for name, goal in (("tables", 40_000), ("search", 15_000))
        ]
        with running(SERVER, small) as server:
            requests = _requests(server)
        with running(SERVER, large) as server:
            searches = _searches(server)
        # Servers of their own, so that both have seen the same requests and no others.
        with running(SERVER, small) as server:
            memory_small = _memory(server)
        with running(SERVER, large) as server:
            memory_large = _memory(server)
        memory = Measure(
            "memory at a million messages, to 10,000", memory_large, "MB", 1.3, memory_small, at_least=False
        )
        return [*requests, *searches, *replays, memory]


def _replay(small: Path, large: Path, name: str, goal: int) -> Measure:
    _say(f"replaying {name}")
    for folder in (small, large):
        url = f"sqlite:///{folder}"
        with closing(open_log(f"{url}/log.db")) as log, closing(open_control(url)) as control:
            began = time.perf_counter()
            replay(control, Tail(log), name)
            rate = log.head() / (time.perf_counter() - began)
    return Measure(f"replay of {name}", rate, "events/s", goal)


def _requests(server: Running) -> list[Measure]:
    _say("loading requests at 64 connections")
    paths = [f"{CHAT}/{number}/messages" for number in range(1, 101)]
    noop_post = wrk(f"{server.url}/noop", posts(["/noop"], BODY))
    noop_get = wrk(f"{server.url}/noop")
    post = wrk(server.url, posts(paths, BODY))
    single = wrk(server.url, gets(f"{CHAT}/1/messages/%d", 1000))
    page = wrk(server.url, gets(f"{CHAT}/1/messages?limit=50&after=%d", 900))
    again_post = wrk(f"{server.url}/noop", posts(["/noop"], BODY))
    again_get = wrk(f"{server.url}/noop")
    base_post, base_get = (noop_post.rate + again_post.rate) / 2, (noop_get.rate + again_get.rate) / 2
    _say("posting 500 messages a second")
    took = visible(server.url, [path.removesuffix("/messages") for path in paths])
    errors = sum(load.errors for load in (noop_post, noop_get, post, single, page))
    return [
        Measure("no-op POST", base_post, "req/s"),
        Measure("no-op GET", base_get, "req/s"),
        Measure("POST of a message, durable, projections on", post.rate, "req/s", 0.25, base_post),
        Measure("POST of a message, p50", post.p50, "ms"),
        Measure("POST of a message, p99", post.p99, "ms"),
        Measure("GET of a message", single.rate, "req/s", 0.4, base_get),
        Measure("GET of a page of 50", page.rate, "req/s", 0.25, base_get),
        Measure("answers that were errors", errors, "answers", 0, at_least=False),
        Measure("POST until visible at 500/s, p50", percentile(took, 0.5), "ms", 10, at_least=False),
        Measure("POST until visible at 500/s, p99", percentile(took, 0.99), "ms", 50, at_least=False),
    ]


def _searches(server: Running) -> list[Measure]:
    _say(f"searching a chat of {HOT:,} messages in a store of {LARGE:,}")
    return [
        _search(server, "one character", range(1, 2), 80),
        _search(server, "two characters", range(2, 3), 80),
        _search(server, "3 to 20 characters", range(3, 21), 25),
    ]


def _search(server: Running, what: str, lengths: range, goal: float) -> Measure:
    chance = random.Random(11)
    needles: list[str] = []
    while len(needles) < QUERIES:
        length = chance.choice(lengths)
        body = text(chance)
        start = chance.randrange(len(body) - length)
        needle = body[start : start + length]
        if not needle.isspace():
            needles.append(needle)
    took = asyncio.run(_ask(server, needles))
    return Measure(f"search for {what}, p99", percentile(took, 0.99), "ms", goal, at_least=False)


async def _ask(server: Running, needles: list[str]) -> list[float]:
    took = []
    async with Client(server.url) as client:
        for needle in needles:
            began = time.perf_counter()
            answer = await client.get(f"{CHAT}/1/messages/search?q={quote(needle, safe='')}")
            took.append((time.perf_counter() - began) * 1000)
            assert answer.status == 200, answer
    return took


def _memory(server: Running) -> float:
    """The worker's highest resident set after the same requests of every kind."""
    paths = [f"{CHAT}/{number}/messages" for number in range(1, 101)]
    wrk(server.url, posts(paths, BODY), seconds=3)
    wrk(server.url, gets(f"{CHAT}/1/messages?limit=50&after=%d", 900), seconds=3)
    wrk(server.url, gets(f"{CHAT}/%d/messages/search?q=caf%%C3%%A9", 100), seconds=3)
    return server.resident_mb()


def _say(text: str) -> None:
    click.echo(text, err=True)
