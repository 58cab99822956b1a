"""The memory of each process after a few events, and after all of them."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from benchmarks.fill import TOKEN, append, facts
from benchmarks.measure import Measure
from benchmarks.projections.fresh import BODY, NEEDLE
from benchmarks.projections.history import NAMES, History
from benchmarks.projections.plan import HOT
from benchmarks.projections.processes import Processes, processes
from benchmarks.say import say
from benchmarks.wrk import gets, posts_at_random, wrk
from eventstore.open import migrate_log, open_log
from tests.support.server import environment
from tests.support.waiting import until

GOAL = 1.3
FIRST = 10
"""The beginning is when a tenth of the events is there: all code has run, all caches have been filled."""
CONNECTIONS = 32
POST_SECONDS, READ_SECONDS = 6, 1
POLL = 0.02

Sizes = Mapping[str, tuple[float, float]]
"""Resident and private MB by process."""


def measures(history: History) -> Iterator[Measure]:
    """On a log of its own that all events go into by the command API."""
    plan, servers = history.plan, history.servers
    with servers.database() as log_url, servers.database() as read_url, servers.prefix() as search_url:
        own = replace(history, log_url=log_url, read_url=read_url, search_url=search_url)
        migrate_log(log_url)
        append(log_url, facts(0, plan.chats, 0))
        with processes(own) as started:
            few = _sizes(own, started, plan.events // FIRST)
            many = _sizes(own, started, plan.events)
    for name, (resident, private) in many.items():
        at = own.named(f"memory at {plan.events:,} events, {name}")
        yield Measure(f"{at}: resident", resident, "MB", GOAL, few[name][0], at_least=False)
        yield Measure(f"{at}: private", private, "MB", None, few[name][1])


def _sizes(history: History, started: Processes, events: int) -> Sizes:
    say(f"{history.shape}: posting until there are {events:,} events")
    with closing(open_log(history.log_url)) as log:
        while log.head() < events:
            _load(history, started)
        until(lambda: all(_position(started, name) >= log.head() for name in NAMES), "the log's head")
    sizes = {name: _size(pid) for name, pid in started.pids.items()}
    for name in NAMES:
        say(f"{history.shape}: replaying {name} at {events:,} events")
        sizes[f"replay {name}"] = _replay(history, name)
    return sizes


def _load(history: History, started: Processes) -> None:
    plan = history.plan
    chats = [f"/applications/{TOKEN}/chats/{chat}/messages" for chat in range(1, plan.chats + 1)]
    share = plan.hot(HOT) / plan.messages if history.shape == HOT else 0
    hot = chats[:1] * round(plan.chats * share / (1 - share))
    load = wrk(
        started.commands.url,
        posts_at_random(chats + hot, BODY),
        seconds=POST_SECONDS,
        connections=CONNECTIONS,
    )
    assert not load.errors, load
    page = gets(f"/applications/{TOKEN}/chats/%d/messages?limit=50", plan.chats)
    search = gets(f"/applications/{TOKEN}/chats/%d/messages/search?q={NEEDLE}", plan.chats)
    for script in (page, search):
        wrk(started.queries.url, script, seconds=READ_SECONDS, connections=CONNECTIONS)


def _position(started: Processes, name: str) -> int:
    role = {"tables": started.tables, "search": started.search}[name]
    position: int = role.readyz()[1]["projections"][name]["position"]
    return position


def _size(pid: int) -> tuple[float, float]:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    sizes = {
        name: int(rest.split()[0]) / 1024
        for name, _, rest in (line.partition(":") for line in text.splitlines()[1:])
    }
    return sizes["Rss"], sizes["Private_Clean"] + sizes["Private_Dirty"]


def _replay(history: History, name: str) -> tuple[float, float]:
    """The most that the command took at any moment that was looked at."""
    settings = history.servers.settings(history.log_url, history.read_url, history.search_url)
    command = [sys.executable, "-m", "parley", "replay", name, "--afresh"]
    most = (0.0, 0.0)
    with subprocess.Popen(command, env=environment(**settings), stdout=subprocess.DEVNULL) as process:
        while True:
            try:
                process.wait(POLL)
                break
            except subprocess.TimeoutExpired:
                # It may have ended since.
                with suppress(ProcessLookupError):
                    resident, private = _size(process.pid)
                    most = max(most[0], resident), max(most[1], private)
    assert process.returncode == 0, f"the replay ended with {process.returncode}"
    return most
