"""When jobs run, and what a failing one does to the others."""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from functools import partial

import pytest
import schedule

from eventstore.log import Log
from projections import leader
from projections.jobs import Job, jobs
from projections.projectors import PROJECTIONS
from projections.readmodel.divided import DividedControl
from projections.readmodel.errors import ReadModelUnavailable
from projections.readmodel.store import Control, Drift, LiveProjection, Pause
from projections.scheduler import Scheduler
from tests.support.memory_control import MemoryControl
from tests.support.memory_log import MemoryLog
from tests.support.waiting import LIMIT, until


class Runs:
    """Jobs that count their runs; `at_once` makes them due all the time."""

    def __init__(self) -> None:
        self.counts = {"good": 0, "bad": 0}

    def good(self) -> None:
        self.counts["good"] += 1

    def bad(self) -> None:
        self.counts["bad"] += 1
        raise ZeroDivisionError("a defect")

    def jobs(self, *_: object) -> list[Job]:
        return [Job("bad", 1, self.bad), Job("good", 1, self.good)]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leader, "STANDBY", 0.001)
    monkeypatch.setattr(schedule.Job, "should_run", True)


@contextmanager
def running(scheduler: Scheduler) -> Iterator[Scheduler]:
    scheduler.start()
    try:
        yield scheduler
    finally:
        scheduler.stop()


def test_a_failing_job_is_named_once_and_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    runs = Runs()

    told: list[tuple[str, bool]] = []

    Scheduler(MemoryLog(), MemoryControl(), runs.jobs, on_run=lambda *run: told.append(run)).run_all()

    assert runs.counts == {"good": 1, "bad": 1}
    assert told == [("bad", False), ("good", True)]
    assert [record.getMessage() for record in caplog.records] == [
        "the job 'bad' failed; it is tried again in 1 minutes"
    ]


@pytest.mark.usefixtures("at_once")
def test_the_leader_runs_what_is_due() -> None:
    runs = Runs()
    control = MemoryControl()

    with running(Scheduler(MemoryLog(), control, runs.jobs)):
        until(lambda: min(runs.counts.values()) > 2)


def test_a_new_leader_runs_each_job_soon_and_a_regained_lead_not_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At its interval only, a job of an hour would never run where processes live for less."""
    monkeypatch.setattr(leader, "STANDBY", 0.001)
    monkeypatch.setattr(leader, "FIRST_AFTER", timedelta(milliseconds=20))
    control, runs, leads, asked = MemoryControl(), [], [], []
    lead, projection = control.exclusively, control.projection

    def exclusively(name: str) -> AbstractContextManager[bool]:
        leads.append(name)
        return lead(name)

    def ask(name: str) -> LiveProjection:
        asked.append(name)
        if len(runs) == 2 and len(leads) == 1:
            raise ReadModelUnavailable("the lock is lost")
        return projection(name)

    monkeypatch.setattr(control, "exclusively", exclusively)
    monkeypatch.setattr(control, "projection", ask)

    def jobs_of(*_: object) -> list[Job]:
        return [Job("one", 60, partial(runs.append, "one")), Job("other", 60, partial(runs.append, "other"))]

    with running(Scheduler(MemoryLog(), control, jobs_of)):
        until(lambda: len(leads) == 2, "the second lead")
        before = len(asked)
        until(lambda: len(asked) > before + 100, "turns of it")
    assert runs == ["one", "other"]


def test_nothing_is_run_at_the_very_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leader, "STANDBY", 0.001)
    control, runs, asked = MemoryControl(), Runs(), []
    projection = control.projection

    def ask(name: str) -> LiveProjection:
        asked.append(name)
        return projection(name)

    monkeypatch.setattr(control, "projection", ask)
    with running(Scheduler(MemoryLog(), control, runs.jobs)):
        until(lambda: len(asked) > 100, "turns")
    assert runs.counts == {"good": 0, "bad": 0}


@pytest.mark.usefixtures("at_once")
def test_f05_another_takes_over_and_never_both_at_once() -> None:
    control, first, second = MemoryControl(), Runs(), Runs()
    waiting = Scheduler(MemoryLog(), control, second.jobs)

    with running(Scheduler(MemoryLog(), control, first.jobs)):
        until(lambda: first.counts["good"])
        waiting.start()
        until(lambda: first.counts["good"] > 5)
        assert second.counts["good"] == 0
    until(lambda: second.counts["good"])
    waiting.stop()


@pytest.mark.usefixtures("at_once")
def test_who_stands_by_for_shared_tables_leads_for_a_search_index_of_its_own() -> None:
    shared, first, second = MemoryControl(), Runs(), Runs()
    own = MemoryControl()
    own.projection("search")
    own.live("search").purgeable = 5
    leading = Scheduler(MemoryLog(), DividedControl(shared, {"search": MemoryControl()}), first.jobs)
    standing_by = Scheduler(MemoryLog(), DividedControl(shared, {"search": own}), second.jobs)

    with running(leading):
        until(lambda: leading.leading and leading.working)
        with running(standing_by):
            until(lambda: own.live("search").purgeable == 0)
            until(lambda: standing_by.working)
            assert (standing_by.leading, second.counts["good"]) == (False, 0)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("failure", [ReadModelUnavailable("away"), OSError("no descriptors")])
def test_a_registry_that_fails_is_asked_again(monkeypatch: pytest.MonkeyPatch, failure: Exception) -> None:
    control, runs = MemoryControl(), Runs()
    lead, failures = control.exclusively, [failure] * 2

    def exclusively(name: str) -> object:
        if failures:
            raise failures.pop()
        return lead(name)

    monkeypatch.setattr(control, "exclusively", exclusively)

    with running(Scheduler(MemoryLog(), control, runs.jobs)):
        until(lambda: runs.counts["good"])


@pytest.mark.usefixtures("at_once")
def test_f05_a_job_ends_and_no_other_begins_when_the_lead_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    control = MemoryControl()
    projection, begun, ended, lost = control.projection, [], threading.Event(), threading.Event()

    def lose(name: str) -> LiveProjection:
        if lost.is_set():
            raise ReadModelUnavailable("the lock is lost")
        return projection(name)

    def jobs_of(_log: Log, _control: Control, pause: Pause, _names: Sequence[str]) -> list[Job]:
        def run(name: str) -> None:
            begun.append(name)
            lost.set()
            try:
                while not pause():
                    pass
            finally:
                ended.set()

        return [Job("one", 1, partial(run, "one")), Job("other", 1, partial(run, "other"))]

    monkeypatch.setattr(control, "projection", lose)
    with running(Scheduler(MemoryLog(), control, jobs_of)) as scheduler:
        assert ended.wait(LIMIT)
        until(lambda: scheduler.error is not None)
        assert len(begun) == 1


def test_drift_is_logged_and_put_right(caplog: pytest.LogCaptureFixture) -> None:
    control = MemoryControl()
    control.projection("tables")
    control.live("tables").drifts = [Drift("chat t/1 messages_count", 5, 4)]
    due = {job.name: job for job in jobs(MemoryLog(), control, lambda: False)}

    with caplog.at_level(logging.WARNING):
        due["recount"].run()

    assert caplog.messages == ["tables: chat t/1 messages_count was 5, put right to 4"]
    assert control.live("tables").drifts == []


def test_the_jobs_and_their_turns() -> None:
    every = {job.name: job.minutes for job in jobs(MemoryLog(), MemoryControl(), lambda: False)}

    assert every == {"recount": 30, "purge": 1, "expire keys": 60, "drop old generations": 60}
    assert PROJECTIONS
