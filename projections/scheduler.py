"""Runs all periodic jobs, each in one process at a time."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby

from eventstore.log import Log
from projections.jobs import Job, jobs, store_jobs
from projections.leader import Leader, OnRun
from projections.projectors import PROJECTIONS
from projections.readmodel.store import Control, Pause

LOCK = "scheduler"

JobsMaker = Callable[[Log, Control, Pause, Sequence[str]], Sequence[Job]]


class Scheduler:
    """Leads or stands by: for the log's jobs and those of the first projection's registry, and for whatever is kept
    in another registry, for that. Processes that share the one need not share the other.
    """

    def __init__(
        self, log: Log, control: Control, make_jobs: JobsMaker = jobs, on_run: OnRun = lambda *_: None
    ) -> None:
        """`make_jobs` is given the log, the registry, what the jobs call between two chunks, and projections."""
        self._stopping = threading.Event()
        first, *others = (list(names) for _, names in groupby(PROJECTIONS, control.store))
        leads: list[tuple[str, list[str], Callable[[Pause], Sequence[Job]]]]
        leads = [(LOCK, first, lambda pause: make_jobs(log, control, pause, first))]
        leads += [(f"{LOCK}-{names[0]}", names, partial(store_jobs, control, names)) for names in others]
        self._leaders = [
            Leader(lock, control, names[0], make, self._stopping, on_run) for lock, names, make in leads
        ]

    @property
    def leading(self) -> bool:
        """Whether the log's jobs are this one's."""
        return self._leaders[0].leading

    @property
    def error(self) -> str | None:
        """Why it could not ask for a lead, the last time that it tried."""
        return next((leader.error for leader in self._leaders if leader.error is not None), None)

    @property
    def working(self) -> bool:
        """Whether it leads, or has seen that another does, wherever there are jobs."""
        return all(leader.working for leader in self._leaders)

    def start(self) -> None:
        """Run on threads of its own."""
        for leader in self._leaders:
            leader.start()

    def stop(self) -> None:
        """End after the chunks in hand, and wait for that."""
        self._stopping.set()
        for leader in self._leaders:
            leader.join()

    def run_all(self) -> None:
        """Run every job now, whoever leads."""
        for leader in self._leaders:
            leader.attempt_all()
