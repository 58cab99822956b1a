"""Many writers and many readers at once on one log, or on what is taken for one."""

import multiprocessing
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass
from typing import NamedTuple

from tests.support.tail_readers import END, OpenReads, Seen, Sight, differences, follow
from tests.support.tail_writers import OpenAppends, Written, write_in_threads
from tests.support.waiting import until

HELD_FOR = 50
"""For how many events of others the held transaction stays open."""


class Ways(NamedTuple):
    """How it is written and read. `overlap`: whether one transaction can commit while another is open."""

    appends: OpenAppends
    reads: OpenReads
    overlap: bool


class Size(NamedTuple):
    """How many take part: processes of writers, threads in each, transactions of each; readers of each kind."""

    processes: int
    threads: int
    transactions: int
    readers: int
    patience: float


@dataclass(slots=True)
class Run:
    """What was written, and what each reader saw."""

    written: Written
    readers: list[list[Sight]]

    def differences(self, events: list[Seen]) -> list[str]:
        """How what the readers saw differs from the events; empty if each has seen each, once, in order."""
        return [
            f"reader {number} {difference}"
            for number, sights in enumerate(self.readers)
            for difference in differences(events, sights)
        ]


class Watched:
    """The position that a reader has reached, for other threads."""

    def __init__(self) -> None:
        self.position = 0

    def __call__(self, position: int) -> None:
        self.position = position


def run(ways: Ways, url: str, size: Size, seed: int) -> Run:
    """Write and follow at once, the readers to the very end. All that is random comes from the seed."""
    written = Written()
    watched = Watched()
    # Spawned: this process has threads.
    spawn = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(size.processes + size.readers, spawn) as processes,
        ThreadPoolExecutor(size.readers + 1) as threads,
    ):
        readers = [
            pool.submit(follow, ways.reads, url, f"{seed}/{kind}/{number}", size.patience, *watch)
            for kind, pool, watch in (("thread", threads, (watched,)), ("process", processes, ()))
            for number in range(size.readers)
        ]
        writers: list[Future[Written]] = [
            processes.submit(
                write_in_threads, ways.appends, url, f"{seed}/{number}", size.threads, size.transactions
            )
            for number in range(size.processes)
        ]
        if ways.overlap:
            writers.append(threads.submit(_hold, ways, url, watched))
        for writer in as_completed(writers):
            written.add(writer.result())
        written.committed.append(_end(ways, url))
        return Run(written, [reader.result() for reader in readers])


def _hold(ways: Ways, url: str, watched: Watched) -> Written:
    """A transaction that stays open until a reader has seen what others have committed meanwhile."""
    until(lambda: watched.position, "the first event")
    held = b"held for a while"
    with closing(ways.appends(url)) as appends:
        appends.begin([99], [held], 0)
        goal = watched.position + HELD_FOR
        until(lambda: watched.position >= goal, "the events of others")
        appends.commit()
    return Written([held])


def _end(ways: Ways, url: str) -> bytes:
    with closing(ways.appends(url)) as appends:
        appends.begin([100], [END], 0)
        appends.commit()
    return END
