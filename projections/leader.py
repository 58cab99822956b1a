"""Runs some of the periodic jobs in one process at a time: in whichever has their lock."""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import schedule

from projections.jobs import Job
from projections.readmodel.errors import ReadModelUnavailable
from projections.readmodel.store import Control, Pause
from projections.silence import Silence

STANDBY = 1.0
CHUNK_PAUSE = 0.02
FIRST_AFTER = timedelta(seconds=30)
"""A first run comes so much after the lead is gained, each other one so much later. An interval later it would never
come, if processes are started anew more often than that."""
STEP_SECONDS = 60.0
"""How long a job may take from one pause to the next before its leader counts as not working: a count of ten
thousand rows, or the removal of a table, takes its time."""

OnRun = Callable[[str, bool], None]
"""Takes a job's name, and whether it succeeded."""

logger = logging.getLogger(__name__)


class Leader:
    """Runs each job at its interval, while this process leads; else waits until it does.

    A job that fails is logged with its name and has its next turn at its usual time.
    """

    def __init__(
        self,
        lock: str,
        control: Control,
        name: str,
        make_jobs: Callable[[Pause], Sequence[Job]],
        stopping: threading.Event,
        on_run: OnRun = lambda *_: None,
    ) -> None:
        """`name` is a projection that the lock's registry keeps; `make_jobs` is given what the jobs call between two
        chunks; `stopping` ends it after the chunk in hand. `on_run` is called after each run of a job.
        """
        self._lock = lock
        self._control = control
        self._name = name
        self._jobs = make_jobs(self._pause)
        self._timetable = schedule.Scheduler()
        for job in self._jobs:
            self._timetable.every(job.minutes).minutes.do(self._run_due, job)
        self._stopping = stopping
        self._on_run = on_run
        self._thread = threading.Thread(target=self.run, name=lock, daemon=True)
        self._silence = Silence()
        self._failure: str | None = None
        self._asked = False
        self.leading = False

    @property
    def error(self) -> str | None:
        """Why it could not ask for the lead, the last time that it tried, or that it waits for that too long."""
        return self._failure or self._silence.error

    @property
    def working(self) -> bool:
        """Whether it leads, or has seen that another does."""
        return self._asked and self.error is None

    def start(self) -> None:
        """Run on a thread of its own."""
        self._thread.start()

    def join(self) -> None:
        """Wait for its end, if it was started."""
        if self._thread.ident is not None:
            self._thread.join()

    def run(self) -> None:
        """Run until it is to stop."""
        while not self._stopping.is_set():
            try:
                with self._control.exclusively(self._lock) as self.leading:
                    self._fails(None)
                    if self.leading:
                        self._lead()
            except ReadModelUnavailable as error:
                self._fails(f"the scheduler can't ask for the lead: {error}")
            except Exception as error:
                # A thread that dies unseen leaves every job undone.
                logger.exception("the scheduler gives up the lead, and asks for it again")
                self._fails(str(error))
            self.leading = False
            self._stopping.wait(STANDBY)

    def attempt_all(self) -> None:
        """Run every job now, whoever leads."""
        for job in self._jobs:
            self._attempt(job)

    def _fails(self, error: str | None) -> None:
        """Logged when it is something else than before."""
        if error is not None and error != self._failure:
            logger.warning("%s", error)
        self._failure = error
        self._asked = True
        self._silence.ends()

    def _lead(self) -> None:
        self._plan_first_runs()
        while not self._stopping.wait(STANDBY):
            self._check_the_lead()
            self._timetable.run_pending()
            self._silence.ends()

    def _plan_first_runs(self) -> None:
        """Soon, one after the other; but what this process ran before, at its usual time."""
        now = datetime.now()
        for place, due in enumerate(self._timetable.jobs, 1):
            soon = now + place * FIRST_AFTER
            due.next_run = soon if due.last_run is None else max(soon, due.next_run or soon)

    def _check_the_lead(self) -> None:
        """Raises ReadModelUnavailable if it is lost: another one may be about to do the same jobs."""
        # Whoever has lost the lock is told so by whatever he asks.
        self._control.projection(self._name)
        self._silence.ends()

    def _pause(self) -> bool:
        """Called by a job between two chunks, on the thread that leads."""
        self._check_the_lead()
        self._silence.ends(STEP_SECONDS)
        return self._stopping.wait(CHUNK_PAUSE)

    def _run_due(self, job: Job) -> None:
        self._check_the_lead()
        self._silence.ends(STEP_SECONDS)
        self._attempt(job)

    def _attempt(self, job: Job) -> None:
        # `schedule` lets an exception out and runs the job again at once, for ever.
        try:
            job.run()
            self._on_run(job.name, True)
        except Exception:
            self._on_run(job.name, False)
            logger.exception("the job %r failed; it is tried again in %d minutes", job.name, job.minutes)
