"""What each layer around the routes costs a POST, and all of them together."""

import asyncio
import tempfile
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.cpu import cpu_seconds
from benchmarks.layers_server import ALL, NONE, WITHOUT
from benchmarks.measure import Measure
from benchmarks.request_side import cost
from benchmarks.running import Running, running
from benchmarks.say import say
from benchmarks.site import BODY
from benchmarks.wrk import posts, wrk
from commands.http.schemas import NewMessageBody, load
from tests.support.client import Client
from web.strict_json import loads

ROUNDS = 5
SECONDS = 2
CHATS = 64
GOAL = 0.8


KEYED = "with a key"
"""All layers, and an application that has one."""


class Target(NamedTuple):
    """Where to post; with a key, if there is one."""

    stack: str
    paths: list[str]
    key: str | None


class Loaded(NamedTuple):
    """Requests a second, microseconds of the worker's CPU for each, and answers that were errors."""

    rate: float
    microseconds: float
    errors: int


def run() -> list[Measure]:
    """All figures, in a good minute: the stacks take turns, so that what disturbs one disturbs all."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running("benchmarks.layers_server", Path(folder, "data")) as server,
    ):
        targets = asyncio.run(_targets(server))
        for target in targets.values():
            _load(server, target, 1)
        runs: dict[str, list[Loaded]] = defaultdict(list)
        names = list(targets)
        for number in range(ROUNDS):
            say(f"round {number + 1} of {ROUNDS}")
            # In another order each time: none is always the one after the same other.
            for name in names[number:] + names[:number]:
                runs[name].append(_load(server, targets[name], SECONDS))
    return _measures(runs)


def _measures(runs: dict[str, list[Loaded]]) -> list[Measure]:
    used = {stack: median(one.microseconds for one in of) for stack, of in runs.items()}
    rates = {stack: median(one.rate for one in of) for stack, of in runs.items()}
    body, schema, value = BODY.encode(), NewMessageBody(), loads(BODY.encode())
    # It can't be left out of the real thing: what comes after it needs what it gives.
    validation = cost(lambda: loads(body)) + cost(lambda: load(schema, value))
    whole = used[ALL]
    return [
        Measure("of a POST: strict JSON and validation", validation, "µs", baseline=whole),
        *(
            Measure(f"of a POST: {name}", whole - used[stack], "µs", baseline=whole)
            for stack, name in WITHOUT.items()
        ),
        Measure("of a POST: all layers", whole - used[NONE], "µs", baseline=whole),
        # Of another application, whose chats are as many: no layer can be left out for one that has a key.
        Measure("a key, on top of that", used[KEYED] - whole, "µs", baseline=whole),
        Measure("POST with all layers, CPU of the worker", whole, "µs", baseline=used[NONE]),
        Measure("POST without layers", rates[NONE], "req/s"),
        Measure("POST with all layers", rates[ALL], "req/s", GOAL, rates[NONE]),
        Measure("POST with all layers and a key", rates[KEYED], "req/s", baseline=rates[NONE]),
        Measure(
            "answers that were errors",
            sum(one.errors for of in runs.values() for one in of),
            "answers",
            0,
            at_least=False,
        ),
    ]


async def _targets(server: Running) -> dict[str, Target]:
    async with Client(server.url) as client:
        _, paths = await _chats(client)
        keyed, behind = await _chats(client)
        made = await client.post(f"/{NONE}/applications/{keyed}/keys", {"scope": "write"})
    stacks = {stack: Target(stack, paths, None) for stack in (NONE, ALL, *WITHOUT)}
    return {**stacks, KEYED: Target(ALL, behind, made.json()["key"])}


async def _chats(client: Client) -> tuple[str, list[str]]:
    """The token of a new application, and the paths of its chats' messages."""
    made = await client.post(f"/{NONE}/applications", {"name": "layers"})
    token = made.json()["token"]
    chats = f"/applications/{token}/chats"
    numbers = [(await client.post(f"/{NONE}{chats}", {})).json()["number"] for _ in range(CHATS)]
    return token, [f"{chats}/{number}/messages" for number in numbers]


def _load(server: Running, target: Target, seconds: int) -> Loaded:
    paths = [f"/{target.stack}{path}" for path in target.paths]
    before = cpu_seconds(server.workers)
    load = wrk(server.url, posts(paths, BODY, target.key), seconds=seconds)
    used = cpu_seconds(server.workers) - before
    return Loaded(load.rate, used / load.requests * 1e6, load.errors)
