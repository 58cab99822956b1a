"""The engines of the log, for its contract tests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from eventstore.log import Log
from eventstore.open import migrate_log, open_log
from tests.support.databases import new_database

OpenLog = Callable[[], Log]
"""Opens the same log once more, as another process would."""


@contextmanager
def new_log(engine: str, folder: Path) -> Iterator[OpenLog]:
    """A new log on "sqlite", "mariadb" or "mysql"."""
    with new_log_url(engine, folder) as url, opening(url) as open_again:
        yield open_again


@contextmanager
def new_log_url(engine: str, folder: Path) -> Iterator[str]:
    """The URL of a new log with its tables."""
    with nullcontext(f"sqlite:///{folder / 'log.db'}") if engine == "sqlite" else new_database(engine) as url:
        migrate_log(url)
        yield url


@contextmanager
def opening(url: str) -> Iterator[OpenLog]:
    """What opens the log, and closes at the end all that it has opened."""
    logs: list[Log] = []

    def open_again() -> Log:
        logs.append(open_log(url))
        return logs[-1]

    try:
        yield open_again
    finally:
        for log in logs:
            log.close()


ENGINES = ("sqlite", "mariadb", pytest.param("mysql", marks=pytest.mark.long))
"""Parameters of a test that every engine must pass."""
