"""The engines of the log, for its contract tests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from eventstore.log import Log
from eventstore.open import migrate_log, open_log

OpenLog = Callable[[], Log]
"""Opens the same log once more, as another process would."""


@contextmanager
def sqlite_log(folder: Path) -> Iterator[OpenLog]:
    """A new log on SQLite."""
    url = f"sqlite:///{folder / 'log.db'}"
    migrate_log(url)
    logs: list[Log] = []

    def open_again() -> Log:
        logs.append(open_log(url))
        return logs[-1]

    yield open_again
    for log in logs:
        log.close()


LOGS = {"sqlite": sqlite_log}
