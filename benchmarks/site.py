"""A server that posts go to, and what they cost each process that has a part in them."""

import time
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

from benchmarks.cpu import CORES, children_seconds, cpu_seconds, idle_seconds
from benchmarks.running import Running
from benchmarks.wrk import Load, posts_at_random, wrk
from tests.services.database import Database

BODY = '{"body": "Shall we meet at the café on the corner at eight, or is that too late for you?"}'


class Used(NamedTuple):
    """Seconds of processor: of the workers, of the database, of wrk, and of nobody."""

    workers: float
    database: float
    client: float
    nobody: float


class Run(NamedTuple):
    """A load, how many seconds it took, what it used, and how many transactions were committed."""

    load: Load
    seconds: float
    used: Used
    commits: int


@dataclass(slots=True)
class Series:
    """Runs of the same load; rates and latencies are the medians of theirs, the rest is over all."""

    runs: list[Run] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return median(run.load.rate for run in self.runs)

    @property
    def p50(self) -> float:
        return median(run.load.p50 for run in self.runs)

    @property
    def p99(self) -> float:
        return median(run.load.p99 for run in self.runs)

    @property
    def errors(self) -> int:
        return sum(run.load.errors for run in self.runs)

    @property
    def commits(self) -> int:
        return sum(run.commits for run in self.runs)

    @property
    def requests(self) -> int:
        return sum(run.load.requests for run in self.runs)

    @property
    def used(self) -> Used:
        return Used(*map(sum, zip(*(run.used for run in self.runs), strict=True)))

    @property
    def idle_cores(self) -> float:
        return self.used.nobody / sum(run.seconds for run in self.runs)

    @property
    def others_cores(self) -> float:
        """Used by what has no part in the load: above 0.1 or so the figures are those of another machine."""
        return CORES - sum(self.used) / sum(run.seconds for run in self.runs)

    @property
    def microseconds(self) -> Used:
        """What it used, for one request."""
        return Used(*(seconds / self.requests * 1e6 for seconds in self.used))


class Site:
    """Workers of the log server, and the database behind them."""

    def __init__(self, server: Running, database: Database) -> None:
        self.url = server.url
        self._server = server
        self._database = database
        self._admin = database.admin()

    def post(self, paths: list[str], *, connections: int, seconds: int) -> Run:
        """Load one or many paths, chosen at random."""
        before, commits, began = self._used(), self._commits(), time.perf_counter()
        load = wrk(self.url, posts_at_random(paths, BODY), seconds=seconds, connections=connections)
        took, after = time.perf_counter() - began, self._used()
        used = Used(*(end - start for start, end in zip(before, after, strict=True)))
        return Run(load, took, used, self._commits() - commits)

    def _used(self) -> "Used":
        return Used(
            workers=cpu_seconds(self._server.workers),
            database=cpu_seconds([self._database.pid]),
            client=children_seconds(),
            nobody=idle_seconds(),
        )

    def _commits(self) -> int:
        with self._admin.cursor() as cursor:
            cursor.execute("SHOW GLOBAL STATUS LIKE 'Com_commit'")
            row = cursor.fetchone()
        assert row is not None
        return int(row[1])

    def close(self) -> None:
        """Close the connection that counts."""
        self._admin.close()
