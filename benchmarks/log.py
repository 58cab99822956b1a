"""The command side on MariaDB: POSTs beside no-op requests and a naive endpoint of the same process."""

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import click

from benchmarks import naive, noop
from benchmarks.chats import make_chats
from benchmarks.cpu import CORES
from benchmarks.floor import floor
from benchmarks.measure import Measure
from benchmarks.request_path import request_path
from benchmarks.running import running
from benchmarks.site import BODY, Series, Site
from benchmarks.steady import steady
from benchmarks.stream_ids import stream_ids
from tests.services.mariadb import MariaDB

# A server's buffer pool and redo log, where the tests' are as small as can be; it keeps its own full durability.
OPTIONS = ("--innodb-buffer-pool-size=512M", "--innodb-log-file-size=256M")
STEADY_LOAD = 0.7

NOOP, MANY, HOT = "no-op", "many chats", "one hot chat"
NAIVE_MANY, NAIVE_HOT = "naive, many chats", "naive, one hot chat"
# The no-op twice: the machine's speed drifts.
ORDER = (NOOP, MANY, HOT, NOOP, NAIVE_MANY, NAIVE_HOT)
PARLEY = (MANY, HOT)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run: the last of `connections` is where the goals are, in `rounds` of `main_seconds` for each load."""

    applications: int = 10
    chats: int = 100
    connections: tuple[int, ...] = (1, 8, 32, 128)
    seconds: int = 2
    rounds: int = 4
    main_seconds: int = 3
    steady_runs: int = 3
    steady_seconds: float = 5
    keyed_events: int = 60_000


Grid = Mapping[tuple[int, int, str], Series]
"""By workers, connections and load."""


def run(plan: Plan = Plan()) -> list[Measure]:
    """All figures, in about five minutes."""
    with (
        tempfile.TemporaryDirectory() as folder,
        MariaDB(Path(folder, "mariadb"), options=OPTIONS) as database,
    ):
        url = database.create_database("parley_bench")
        paths = make_chats(url, plan.applications, plan.chats)
        loads = {
            NOOP: [noop.PATH],
            MANY: paths,
            HOT: paths[:1],
            NAIVE_MANY: [naive.PREFIX + path for path in paths],
            NAIVE_HOT: [naive.PREFIX + paths[0]],
        }
        with _site(1, url, database) as one, _site(2, url, database) as two:
            grid = _grid(plan, {1: one, 2: two}, loads)
            most = plan.connections[-1]
            at_rate = _steady(plan, one, paths, grid[1, most, MANY].rate * STEADY_LOAD)
        _say("inserting without a server")
        bare = [*floor(url, Path(folder)), *stream_ids(url, plan.keyed_events)]
        _say("taking the request path apart")
        nothing, many = grid[1, most, NOOP], grid[1, most, MANY]
        apart = request_path(
            url, paths, _batch(many), nothing.microseconds.workers, many.microseconds.workers
        )
    return [*_goals(grid, most, at_rate), *_shares(grid, most), *_rows(grid), *bare, *apart]


@contextmanager
def _site(workers: int, url: str, database: MariaDB) -> Iterator[Site]:
    with (
        running("benchmarks.log_server", workers, PARLEY_LOG_URL=url) as server,
        closing(Site(server, database)) as site,
    ):
        yield site


def _grid(plan: Plan, sites: Mapping[int, Site], loads: Mapping[str, list[str]]) -> Grid:
    _say("warming up")
    for site in sites.values():
        for paths in loads.values():
            site.post(paths, connections=min(32, plan.connections[-1]), seconds=1)
    grid: defaultdict[tuple[int, int, str], Series] = defaultdict(Series)
    *few, most = plan.connections
    rounds = [(connections, plan.seconds) for connections in few] + [(most, plan.main_seconds)] * plan.rounds
    for connections, seconds in rounds:
        _say(f"posting over {connections} connections")
        for workers, site in sites.items():
            for name in ORDER:
                run = site.post(loads[name], connections=connections, seconds=seconds)
                grid[workers, connections, name].runs.append(run)
    return grid


@dataclass(frozen=True, slots=True)
class _AtRate:
    rate: float
    p50: float
    p99: float
    errors: int


def _steady(plan: Plan, site: Site, paths: list[str], rate: float) -> _AtRate:
    _say(f"posting {rate:,.0f} messages a second")
    runs = [
        steady(
            site.url,
            paths,
            BODY,
            rate=rate,
            seconds=plan.steady_seconds,
            connections=plan.connections[-1],
        )
        for _ in range(plan.steady_runs)
    ]
    return _AtRate(
        median(run.rate for run in runs),
        median(run.p50 for run in runs),
        median(run.p99 for run in runs),
        sum(run.errors for run in runs),
    )


def _batch(series: Series) -> int:
    """How many messages a transaction held."""
    return max(1, round(series.requests / max(1, series.commits)))


def _goals(grid: Grid, most: int, at_rate: _AtRate) -> list[Measure]:
    nothing, many, hot = (grid[1, most, name] for name in (NOOP, MANY, HOT))
    two = grid[2, most, MANY]
    errors = at_rate.errors + sum(series.errors for (*_, name), series in grid.items() if name in PARLEY)
    # A second worker can take what nobody uses: without a whole core of that, this measures the machine.
    goal_of_two = 1.3 if many.idle_cores >= 1 else None
    return [
        Measure("Parley, to no-op", many.rate, "req/s", 0.5, nothing.rate),
        Measure("Parley, one hot chat, to many chats", hot.rate, "req/s", 0.9, many.rate),
        Measure("Parley, to naive", many.rate, "req/s", 8, grid[1, most, NAIVE_MANY].rate),
        Measure("Parley, two workers, to one", two.rate, "req/s", goal_of_two, many.rate),
        Measure("processors idle under one worker", many.idle_cores, f"of {CORES}"),
        Measure("processors idle under two workers", two.idle_cores, f"of {CORES}"),
        Measure("processors that others used meanwhile", many.others_cores, f"of {CORES}"),
        Measure("Parley's answers that were errors", errors, "answers", 0, at_least=False),
        Measure(
            "Parley at 70 % of its rate, p99",
            at_rate.p99,
            "ms",
            25,
            at_least=False,
            p50=at_rate.p50,
            p99=at_rate.p99,
        ),
        Measure("Parley at 70 % of its rate", at_rate.rate, "req/s"),
    ]


def _shares(grid: Grid, most: int) -> Iterator[Measure]:
    for name in (NOOP, MANY, HOT, NAIVE_MANY):
        series = grid[1, most, name]
        used = series.microseconds
        yield Measure(f"the worker's CPU for a request, {name}", used.workers, "µs")
        yield Measure(f"MariaDB's CPU for a request, {name}", used.database, "µs")
        yield Measure(f"wrk's CPU for a request, {name}", used.client, "µs")
    for workers in (1, 2):
        series = grid[workers, most, MANY]
        yield Measure(
            f"messages in a transaction, {_count(workers, 'worker')}",
            series.requests / max(1, series.commits),
            "messages",
        )


def _rows(grid: Grid) -> Iterator[Measure]:
    for (workers, connections, name), series in sorted(grid.items(), key=lambda item: item[0][:2]):
        named = f"{name}, {_count(workers, 'worker')}, {_count(connections, 'connection')}"
        yield Measure(
            named,
            series.rate,
            "req/s",
            baseline=None if name == NOOP else grid[workers, connections, NOOP].rate,
            p50=series.p50,
            p99=series.p99,
        )
        if series.errors:
            yield Measure(f"errors of {named}", series.errors, "answers")


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _say(text: str) -> None:
    click.echo(text, err=True)
