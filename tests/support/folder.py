"""A data folder with a log and read models, as `parley serve` leaves it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest

from eventstore.bus import Bus
from eventstore.inprocess_bus import InProcessBus
from eventstore.log import Log
from eventstore.open import migrate_log, open_log
from projections.follower import Follower
from projections.projectors import PROJECTIONS
from projections.readmodel.open import open_control
from projections.readmodel.store import Checkpoint, Control
from projections.tail import Tail
from projections.verification.findings import Finding
from projections.verify import verify
from tests.support.databases import new_database
from tests.support.waiting import until

NAMES = tuple(PROJECTIONS)


class Folder:
    """`log` and `control` are open; `bus` wakes the followers that this process runs."""

    def __init__(
        self,
        path: Path,
        log: Log,
        control: Control,
        search_url: str | None = None,
        read_url: str | None = None,
        log_url: str | None = None,
    ) -> None:
        self.path = path
        self.read_url = read_url or f"sqlite:///{path}"
        self.search_url = search_url or f"sqlite:///{path}"
        self.log_url = log_url or f"sqlite:///{path / 'log.db'}"
        self.log = log
        self.control = control
        self.tail = Tail(log)
        self.bus: Bus = InProcessBus()

    def again(self) -> "AbstractContextManager[Folder]":
        """Opened once more, as another process would."""
        return data_folder(self.path, self.log_url, self.search_url, self.read_url)

    @contextmanager
    def following(self, name: str) -> Iterator[Follower]:
        """A follower on a thread."""
        ear = self.bus.subscribe(name)
        follower = Follower(name, self.tail, self.control, PROJECTIONS[name], ear)
        follower.start()
        try:
            yield follower
        finally:
            follower.stop()

    def follow(self, *names: str) -> None:
        """Follow until the head is reached."""
        for name in names or NAMES:
            with self.following(name) as follower:
                until(lambda: follower.state.position == self.log.head(), f"the head, by {name}")

    def rows(self, name: str, number: int | None = None) -> tuple[Checkpoint, dict[str, bytes]]:
        """All rows of a generation, by default of the live one, and its checkpoint."""
        live = self.control.projection(name).live if number is None else number
        with (
            closing(self.control.generation(name, live, must_be_live=False)) as generation,
            generation.rows() as (checkpoint, rows),
        ):
            return checkpoint, dict(rows)

    def findings(self, *names: str) -> list[Finding]:
        """What verify finds."""
        return list(verify(self.control, self.tail, names or NAMES))

    def run(self, *arguments: str, crashpoint: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command in a process of its own."""
        return subprocess.run(
            [sys.executable, "-m", "tests.support.program", *arguments, "--data", str(self.path)],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={
                **os.environ,
                "PARLEY_CRASHPOINT": crashpoint or "",
                "PARLEY_LOG_URL": self.log_url,
                "PARLEY_READ_URL": self.read_url,
                "PARLEY_SEARCH_URL": self.search_url,
            },
        )


@contextmanager
def data_folder(
    path: Path, log_url: str | None = None, search_url: str | None = None, read_url: str | None = None
) -> Iterator[Folder]:
    """Make the folder, open it, close it. Log, read tables and search index can be elsewhere."""
    log_url = log_url or f"sqlite:///{path / 'log.db'}"
    read_url = read_url or f"sqlite:///{path}"
    search_url = search_url or f"sqlite:///{path}"
    migrate_log(log_url)
    with closing(open_log(log_url)) as log, closing(open_control(read_url, search_url)) as control:
        yield Folder(path, log, control, search_url, read_url, log_url)


@contextmanager
def folder_on(engine: str, path: Path) -> Iterator[Folder]:
    """All in the folder for "sqlite"; for "mariadb" or "mysql" the log and the read tables in one new database."""
    if engine == "sqlite":
        with data_folder(path) as folder:
            yield folder
    else:
        with new_database(engine) as url, data_folder(path, url, read_url=url) as folder:
            yield folder


FOLDERS = ["sqlite", "mariadb", pytest.param("mysql", marks=pytest.mark.long)]
"""Parameters of the fixture `folder`, for a test that every engine of the read tables must pass."""
FOLDERS_AND_NAMES = [
    *(("sqlite", name) for name in NAMES),
    ("mariadb", "tables"),
    pytest.param("mysql", "tables", marks=pytest.mark.long),
]
"""The same for each projection that an engine keeps."""
