"""Reads beside those that do nothing, and beside the search engine's own."""

import random
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from functools import partial
from urllib.parse import quote, urlencode

import uvloop

from benchmarks.cpu import cpu_seconds
from benchmarks.fill import TOKEN, text
from benchmarks.measure import Measure, percentile
from benchmarks.projections.history import History
from benchmarks.projections.plan import HOT
from benchmarks.projections.processes import processes
from benchmarks.say import say
from benchmarks.wrk import gets, wrk
from engines.search_url import parse_search
from projections.readmodel.norm import norm
from projections.readmodel.opensearch_index import index_name
from projections.readmodel.opensearch_view import question
from projections.readmodel.views import Page
from tests.support.client import Answer, Client

GOAL_PAGE, GOAL_SEARCH = 0.2, 1.5
PAGE = 50
ROUNDS = 2


def measures(history: History) -> Iterator[Measure]:
    """On processes of their own, after the read models are built."""
    history.build()
    with processes(history) as started:
        yield from _pages(history, started.queries.url, started.pids["query-api"])
        yield from _searches(history, started.queries.url)


def _pages(history: History, url: str, worker: int) -> Iterator[Measure]:
    say(f"{history.shape}: loading pages of {PAGE}")
    plan = history.plan
    # `gets` has one number to vary: the place in the chat, or the chat.
    chat, after, most = ("1", "%d", plan.hot(HOT) - PAGE) if history.shape == HOT else ("%d", "0", plan.chats)
    script = gets(f"/applications/{TOKEN}/chats/{chat}/messages?limit={PAGE}&after={after}", most)
    # Asked for in the same way: to make a request up costs the client, on the same processors, too.
    noop = gets("/noop?after=%d", most)
    nothing, page = _Pages(), _Pages()
    for _ in range(ROUNDS):
        nothing.load(url, noop, plan.load_seconds, worker)
        page.load(url, script, plan.load_seconds, worker)
    yield Measure(history.named("GET of a page of 50, to no-op"), page.rate, "req/s", GOAL_PAGE, nothing.rate)
    yield Measure(
        history.named("the query API's CPU for it"), page.microseconds, "µs", None, nothing.microseconds
    )
    errors = nothing.errors + page.errors
    yield Measure(history.named("answers that were errors"), errors, "answers", 0, at_least=False)


class _Pages:
    """Loads of one kind, over several rounds: a machine's speed drifts."""

    def __init__(self) -> None:
        self.errors = self._requests = 0
        self._seconds = self._cpu = 0.0

    def load(self, url: str, script: str, seconds: int, worker: int) -> None:
        """One round more; `worker` is the process that answers."""
        before = cpu_seconds([worker])
        load = wrk(url, script, seconds=seconds)
        self._cpu += cpu_seconds([worker]) - before
        self._seconds += seconds
        self._requests += load.requests
        self.errors += load.errors

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self._requests / self._seconds

    @property
    def microseconds(self) -> float:
        """What an answer took of the worker's processor."""
        return self._cpu / max(1, self._requests) * 1e6


def _searches(history: History, url: str) -> Iterator[Measure]:
    say(f"{history.shape}: searching")
    ours, raw = uvloop.run(_search(history, url))
    name = history.named("search, to the engine's own")
    half, most = percentile(raw, 0.5), percentile(raw, 0.99)
    yield Measure(f"{name}, p50", percentile(ours, 0.5), "ms", GOAL_SEARCH, half, at_least=False)
    yield Measure(f"{name}, p99", percentile(ours, 0.99), "ms", None, most)


async def _search(history: History, url: str) -> tuple[list[float], list[float]]:
    """Milliseconds of each search, through the query API and straight to the engine, in turn."""
    engine = parse_search(history.search_url)
    with history.control() as control:
        index = index_name(engine.prefix, control.projection("search").live)
    chance = random.Random(11)
    ours: list[float] = []
    raw: list[float] = []
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(Client(url))
        straight = await stack.enter_async_context(Client(history.servers.search_url))
        for turn in range(history.plan.searches):
            chat = 1 if history.shape == HOT else chance.randint(1, history.plan.chats)
            length, body = chance.randint(2, 20), text(chance)
            start = chance.randrange(max(1, len(body) - length))
            needle = body[start : start + length]
            if needle.isspace():
                continue
            # A page is asked for with one row more, which says whether there is a next one.
            asked, params = question(TOKEN, chat, norm(needle), Page(PAGE + 1, descending=True))
            path = (
                f"/applications/{TOKEN}/chats/{chat}/messages/search?limit={PAGE}&q={quote(needle, safe='')}"
            )
            calls: list[tuple[list[float], Callable[[], Awaitable[Answer]]]] = [
                (ours, partial(api.get, path)),
                (raw, partial(straight.post, f"/{index}/_search?{urlencode(params)}", asked)),
            ]
            # Who comes second finds the engine's caches warm.
            for took, call in calls if turn % 2 else reversed(calls):
                began = time.perf_counter()
                answer = await call()
                took.append((time.perf_counter() - began) * 1000)
                assert answer.status == 200, answer
    return ours, raw
