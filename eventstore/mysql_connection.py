"""How the log's MySQL database is opened, what it must promise, and what its errors mean."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pymysql.err import Error

from engines.mysql_connection import connect
from engines.mysql_errors import DEADLOCK, DUPLICATE_KEY, LOCK_TIMEOUT, REFUSALS, code_of, text_of
from engines.mysql_migrations import SchemaMismatch, Step, check, read_steps
from engines.mysql_server import STATEMENT_BINLOG
from engines.server_url import parse_mysql
from eventstore.errors import (
    LockTimeout,
    LogConflict,
    LogContended,
    LogUnavailable,
    LogUnreachable,
    UnsafeLog,
    WrongFormat,
)

if TYPE_CHECKING:
    from engines.mysql_connection import MySQL

MIGRATIONS = "log_migrations"

# Setting -> what it must be, so that what was acknowledged or shown to anyone is on disk. Without a binlog
# InnoDB shows a transaction to others before it is durable [measured on MariaDB].
_DURABLE = {"innodb_flush_log_at_trx_commit": "1", "log_bin": "ON", "sync_binlog": "1"}


def connected(url: str, *, read_seconds: float, idle_seconds: int | None = None) -> "MySQL":
    """A connection, whatever tables there are. Raises LogUnreachable, or LogUnavailable if the server refuses."""
    try:
        return connect(url, read_seconds=read_seconds, idle_seconds=idle_seconds)
    except Error as error:
        place = parse_mysql(url).shown
        if code_of(error) in REFUSALS:
            raise LogUnavailable(f"the log's server refuses {place}: {text_of(error)}") from error
        raise LogUnreachable(f"no connection to the log's server {place}: {text_of(error)}") from error


def open_connection(url: str, *, read_seconds: float, idle_seconds: int | None = None) -> "MySQL":
    """A connection to a log of this program's schema.

    Raises LogUnavailable, or WrongFormat if the tables are missing or another program's.
    """
    connection = connected(url, read_seconds=read_seconds, idle_seconds=idle_seconds)
    try:
        with translated():
            done, known = check(connection, MIGRATIONS, steps()), len(steps())
        if done < known:
            raise WrongFormat(f"the log in {where(url)} is at step {done} of {known}: run `parley migrate`")
    except SchemaMismatch as error:
        connection.close()
        raise WrongFormat(f"the log in {where(url)}: {error}") from error
    except BaseException:
        connection.close()
        raise
    return connection


def require_fitness(connection: "MySQL") -> None:
    """Raises UnsafeLog, which names the setting to change, if the server may lose what it has acknowledged;
    LogUnavailable if it takes no writes now.
    """
    names = ", ".join(f"'{name}'" for name in ("read_only", "binlog_format", *_DURABLE))
    found = dict(rows(connection, f"SHOW GLOBAL VARIABLES WHERE variable_name IN ({names})"))
    if found["read_only"] != "OFF":
        raise LogUnavailable(f"the log's server is read-only: its read_only is {found['read_only']}")
    if found.get("binlog_format") == "STATEMENT":
        raise UnsafeLog(STATEMENT_BINLOG)
    for name, wanted in _DURABLE.items():
        value = str(found.get(name, "missing"))
        if value != wanted:
            raise UnsafeLog(
                f"the server could lose acknowledged messages: {name} is {value}, it must be {wanted}."
                f" Set `{name} = {wanted}` in the [mysqld] section of its configuration and restart it."
            )


def rows(connection: "MySQL", statement: str, arguments: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
    """All rows of one statement. Raises the log's errors."""
    with translated(), connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        return list(cursor.fetchall())


def steps() -> list[Step]:
    """The log's schema."""
    return read_steps(files("eventstore").joinpath("schema/mysql"))


def where(url: str) -> str:
    """The log's place, for messages; without the password."""
    return parse_mysql(url).shown


@contextmanager
def translated() -> Iterator[None]:
    """Driver errors become the log's own; nothing else of PyMySQL leaves the adapter."""
    try:
        yield
    except Error as error:
        code = code_of(error)
        if code == DUPLICATE_KEY:
            raise LogConflict(text_of(error)) from error
        if code == LOCK_TIMEOUT:
            raise LockTimeout(text_of(error)) from error
        if code == DEADLOCK:
            raise LogContended(text_of(error)) from error
        raise LogUnavailable(text_of(error)) from error
