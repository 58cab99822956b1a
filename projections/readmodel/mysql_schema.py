"""The registry's tables in a MySQL database, and those of a generation of the read tables."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from pymysql.err import Error

from engines.mysql_errors import text_of
from engines.mysql_migrations import WAIT_SECONDS, SchemaMismatch, Step, check, migrate, read_steps
from engines.mysql_server import STATEMENT_BINLOG
from engines.server_url import parse_mysql
from projections.readmodel.errors import ReadModelUnavailable, WrongFormat
from projections.readmodel.mysql_session import connected

if TYPE_CHECKING:
    from engines.mysql_connection import MySQL

MIGRATIONS = "read_migrations"
BY_RECENCY = "by_recency (app, last_message_at DESC, number)"
"""The index that a bulk build leaves out: every message that is posted moves an entry."""
_TABLES = ("applications", "chats", "messages", "history", "dropped_applications", "dropped_chats")


def prepare(url: str) -> None:
    """Make the registry's tables or upgrade them; safe to run twice, by two at once, and after a kill.

    Raises ReadModelUnreachable, ReadModelUnavailable if the server refuses or takes no writes, WrongFormat for newer
    tables.
    """
    with _examined(url) as (connection, steps, done):
        _require_writes(connection, url)
        # Most find nothing to do, and may lack the right to change tables.
        if done < len(steps):
            migrate(connection, MIGRATIONS, steps)


def require(url: str) -> None:
    """Raises what `prepare` does; and WrongFormat where that would have to do something."""
    with _examined(url) as (_, steps, done):
        if done < len(steps):
            raise WrongFormat(
                f"the read models in {parse_mysql(url).shown} are at step {done} of {len(steps)}:"
                " run `parley migrate`"
            )


def _require_writes(connection: "MySQL", url: str) -> None:
    """Raises ReadModelUnavailable, which names the setting to change: each write would fail, for ever."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW GLOBAL VARIABLES WHERE variable_name IN ('log_bin', 'binlog_format')")
        found = dict(cursor.fetchall())
    if found.get("log_bin") == "ON" and found.get("binlog_format") == "STATEMENT":
        raise ReadModelUnavailable(f"the read models in {parse_mysql(url).shown}: {STATEMENT_BINLOG}")


@contextmanager
def _examined(url: str) -> "Iterator[tuple[MySQL, list[Step], int]]":
    """A connection, the steps of the registry's tables, and how many of them were made."""
    place = parse_mysql(url).shown
    steps = read_steps(files("projections.readmodel").joinpath("schema/mysql"))
    connection = connected(url, read_seconds=WAIT_SECONDS + 10)
    try:
        with closing(connection):
            yield connection, steps, check(connection, MIGRATIONS, steps)
    except SchemaMismatch as error:
        raise WrongFormat(f"the read models in {place}: {error}") from error
    except TimeoutError as error:
        raise ReadModelUnavailable(str(error)) from error
    except Error as error:
        raise ReadModelUnavailable(f"the read models in {place}: {text_of(error)}") from error


def tables_of(number: int) -> list[str]:
    """The names of a generation's tables."""
    return [f"{table}_g{number}" for table in _TABLES]


def number_of(table: str) -> int | None:
    """The generation that a table of that name belongs to; None if to none."""
    found = re.fullmatch(rf"({'|'.join(_TABLES)})_g(\d+)", table)
    return int(found[2]) if found else None


def making(number: int, *, bulk: bool) -> list[str]:
    """The statements that make a generation's tables, if they are not there."""
    statements = [statement.replace("#", str(number)) for statement in _statements()]
    return statements if bulk else [*statements, indexing(number)]


def indexing(number: int) -> str:
    """The statement that makes what a bulk build leaves out."""
    return f"ALTER TABLE chats_g{number} ADD KEY {BY_RECENCY}"


def upgrading(number: int) -> str:
    """The statement that brings tables of older programs to today's form, once."""
    return (
        f"ALTER TABLE applications_g{number} ADD COLUMN app_keys MEDIUMTEXT CHARACTER SET ascii"
        " COLLATE ascii_bin NULL"
    )


@cache
def _statements() -> list[str]:
    text = files("projections.readmodel").joinpath("schema/mysql_tables.sql").read_text(encoding="utf-8")
    return [statement.strip() for statement in text.split(";\n")]
