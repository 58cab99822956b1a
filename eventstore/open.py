"""Opens the log that a URL names; drivers are imported only when they are needed."""

import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from engines.finding import Finding
from engines.server import IN_PROCESS, Server
from eventstore.bus import Bus
from eventstore.errors import LogUnreachable
from eventstore.log import Log

ARRIVAL_PAUSE = 1.0


def sqlite_path(url: str) -> Path:
    """The file of a `sqlite:///relative` or `sqlite:////absolute` URL."""
    return Path(url.removeprefix("sqlite:///"))


def log_exists(url: str) -> bool:
    """Whether there is something to open; False only for a file that is not there."""
    return _scheme(url) != "sqlite" or sqlite_path(url).is_file()


def open_log(url: str) -> Log:
    """The log, ready to read and append. Raises LogUnavailable or WrongFormat."""
    if _scheme(url) == "mysql":
        from eventstore.mysql_log import MySQLLog

        return MySQLLog(url)
    from eventstore.sqlite_log import SQLiteLog

    return SQLiteLog(sqlite_path(url))


def migrate_log(url: str) -> None:
    """Make or upgrade the log's tables; safe to run twice, or by two at once.

    Raises LogUnavailable, WrongFormat for tables of a newer program, UnsafeLog for a server that may lose data.
    """
    if _scheme(url) == "mysql":
        from eventstore.mysql_schema import migrate as migrate_mysql

        migrate_mysql(url)
    else:
        from eventstore.sqlite_schema import migrate as migrate_sqlite

        migrate_sqlite(sqlite_path(url))


def migrate_log_once_there(url: str, say: Callable[[str], None]) -> None:
    """The same, as soon as the log's server can be reached, however long that takes; `say` is told why it waits."""
    said = ""
    while True:
        try:
            migrate_log(url)
            return
        except LogUnreachable as error:
            if str(error) != said:
                said = str(error)
                say(f"waiting: {said}")
            time.sleep(ARRIVAL_PAUSE)


def open_bus(url: str, log_id: Callable[[], str]) -> Bus:
    """The bus that a URL names, for the log of that id; a broker need not be there. `log_id` may raise LogError."""
    if _scheme(url) == "amqp":
        from eventstore.rabbitmq_bus import RabbitMQBus

        return RabbitMQBus(url, log_id)
    from eventstore.inprocess_bus import InProcessBus

    return InProcessBus()


def import_adapters(log_url: str, bus_url: str) -> None:
    """Import what these need on this thread; packages that two threads import at once can lock each other out."""
    if _scheme(log_url) == "mysql":
        import_module("eventstore.mysql_log")
        import_module("eventstore.mysql_server")
    else:
        import_module("eventstore.sqlite_log")
        import_module("engines.sqlite_server")
    if _scheme(bus_url) == "amqp":
        import_module("eventstore.rabbitmq_server")


def log_server(url: str) -> Server:
    """What keeps the log. Raises LogUnavailable, WrongFormat."""
    if _scheme(url) == "mysql":
        from eventstore.mysql_server import server as mysql_server

        return mysql_server(url)
    from engines.sqlite_server import server as sqlite_server

    open_log(url).close()
    return sqlite_server()


def bus_server(url: str) -> Server:
    """The broker. Raises BusUnavailable."""
    if _scheme(url) == "amqp":
        from eventstore.rabbitmq_server import server

        return server(url)
    return Server(IN_PROCESS, None)


def waiting(bus_url: str, names: Sequence[str]) -> list[int | None]:
    """How many messages wait for the followers of these names; None: none can. Raises BusUnavailable."""
    if _scheme(bus_url) == "amqp":
        from eventstore.rabbitmq_server import waiting as waiting_there

        return waiting_there(bus_url, names)
    return [None] * len(names)


def log_findings(place: str, url: str, seconds: float) -> list[Finding]:
    """What `parley doctor` finds at the log, which it calls `place`. Raises what the driver raises."""
    if _scheme(url) == "mysql":
        from engines.mysql_checks import mysql_findings

        return mysql_findings(place, url, seconds, durable=True)
    from engines.sqlite_checks import sqlite_findings

    return sqlite_findings(place, sqlite_path(url), durable=True)


def bus_findings(place: str, url: str, names: Sequence[str]) -> list[Finding]:
    """What it finds at the broker and the queues of the followers of these names. Raises BusUnavailable."""
    if _scheme(url) == "amqp":
        from eventstore.rabbitmq_checks import rabbitmq_findings

        return rabbitmq_findings(place, url, names)
    return []


def _scheme(url: str) -> str:
    return url.partition(":")[0]
