"""From the moment when a POST was due until its message is read and found, at a steady rate."""

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack

import uvloop

from benchmarks.fill import TOKEN
from benchmarks.measure import Measure, percentile
from benchmarks.projections.history import History
from benchmarks.projections.plan import HOT
from benchmarks.projections.processes import Processes, processes
from benchmarks.say import say
from benchmarks.steady import Steady, steadily
from tests.support.client import Client

CONNECTIONS = 64
BODY = '{"body": "Shall we meet at the café on the corner at eight, or is that too late for you?"}'
NEEDLE = "late+for+you"
READ_EVERY, SEARCH_EVERY = 10, 100
READERS, SEARCHERS = 32, 32
WARM_SECONDS = 3
_HALF, _ALL = 10, 50
_FOUND = 1500


def measures(history: History) -> Iterator[Measure]:
    """After the read models are built; the posts are added to the history."""
    history.build()
    plan = history.plan
    chats = [1] if history.shape == HOT else range(1, plan.chats + 1)
    paths = [f"/applications/{TOKEN}/chats/{chat}/messages" for chat in chats]
    with processes(history) as started:
        say(f"{history.shape}: posting {plan.rate:,} messages a second")
        uvloop.run(_run(started, paths, plan.rate, WARM_SECONDS))
        load, reads, searches = uvloop.run(_run(started, paths, plan.rate, plan.seconds))
    read, found = reads.took, searches.took
    at = f"at {plan.rate:,}/s, {history.shape}"
    yield Measure(f"POST {at}", load.rate, "req/s", p50=load.p50, p99=load.p99)
    yield Measure(f"POST {at}: errors", load.errors, "answers", 0, at_least=False)
    yield Measure(f"looks {at}: refused", reads.refused + searches.refused, "answers", 0, at_least=False)
    yield Measure(f"POST until visible {at}, p50", percentile(read, 0.5), "ms", _HALF, at_least=False)
    yield Measure(f"POST until visible {at}, p99", percentile(read, 0.99), "ms", _ALL, at_least=False)
    yield Measure(f"POST until searchable {at}, p50", percentile(found, 0.5), "ms")
    yield Measure(f"POST until searchable {at}, p99", percentile(found, 0.99), "ms", _FOUND, at_least=False)


async def _run(
    started: Processes, paths: list[str], rate: float, seconds: float
) -> tuple[Steady, "_Looks", "_Looks"]:
    async with AsyncExitStack() as stack:
        url = started.queries.url
        reads, searches = _Looks(), _Looks()
        for looks, clients in ((reads, READERS), (searches, SEARCHERS)):
            for _ in range(clients):
                looks.idle.put_nowait(await stack.enter_async_context(Client(url)))
        turn = 0

        def note(head: bytes, _body: bytes, due: float) -> None:
            nonlocal turn
            turn += 1
            if turn % READ_EVERY and turn % SEARCH_EVERY:
                return
            message, at = (_header(name, head) for name in ("location", "log-position"))
            if turn % READ_EVERY == 0:
                reads.begin(message, at, due)
            if turn % SEARCH_EVERY == 0:
                chat = message.rpartition("/")[0]
                searches.begin(f"{chat}/search?limit=1&q={NEEDLE}", at, due)

        load = await steadily(
            started.commands.url,
            paths,
            BODY,
            rate=rate,
            seconds=seconds,
            connections=CONNECTIONS,
            on_answer=note,
        )
        await reads.all()
        await searches.all()
        return load, reads, searches


def _header(name: str, head: bytes) -> str:
    found = re.search(rf"^{name}: (\S+)".encode(), head, re.IGNORECASE | re.MULTILINE)
    assert found is not None, head
    return found[1].decode()


class _Looks:
    """Requests that are answered from a state with the message in it; each on a connection that is idle.

    `took` are milliseconds, also of those that were `refused` because that state did not come in time.
    """

    def __init__(self) -> None:
        self.idle: asyncio.Queue[Client] = asyncio.Queue()
        self.took: list[float] = []
        self.refused = 0
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self, path: str, position: str, due: float) -> None:
        """Look, and count from when the POST was due."""
        self._tasks.append(asyncio.create_task(self._look(path, position, due)))

    async def all(self) -> None:
        """Return when all are answered."""
        await asyncio.gather(*self._tasks)

    async def _look(self, path: str, position: str, due: float) -> None:
        client = await self.idle.get()
        answer = await client.get(path, Min_Log_Position=position)
        self.took.append((time.perf_counter() - due) * 1000)
        self.idle.put_nowait(client)
        if answer.status == 503:
            self.refused += 1
        else:
            assert answer.status == 200, answer
            assert answer.json().get("total", 1), answer
