"""Opens the log that a URL names; drivers are imported only when they are needed."""

from pathlib import Path

from eventstore.bus import Bus
from eventstore.log import Log


def sqlite_path(url: str) -> Path:
    """The file of a `sqlite:///relative` or `sqlite:////absolute` URL."""
    return Path(url.removeprefix("sqlite:///"))


def open_log(url: str) -> Log:
    """The log, ready to read and append. Raises LogUnavailable or WrongFormat."""
    from eventstore.sqlite_log import SQLiteLog

    return SQLiteLog(sqlite_path(url))


def migrate_log(url: str) -> None:
    """Make or upgrade the log's tables; safe to run twice, or by two at once."""
    from eventstore.sqlite_schema import migrate

    migrate(sqlite_path(url))


def open_bus(url: str) -> Bus:  # noqa: ARG001 - one kind so far
    """The bus that a URL names."""
    from eventstore.inprocess_bus import InProcessBus

    return InProcessBus()
