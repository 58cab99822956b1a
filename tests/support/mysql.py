"""A MariaDB of a test module's own, for tests that change a server."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from eventstore.open import migrate_log
from tests.services.mariadb import MariaDB


@contextmanager
def server(folder: Path, *options: str) -> Iterator[MariaDB]:
    """A server with these options; its database `parley` is empty."""
    with MariaDB(folder / "mariadb", options=options) as running:
        running.create_database("parley")
        yield running


def new_log_in(running: MariaDB, database: str) -> str:
    """The URL of a new log in a database of that name."""
    url = running.create_database(database)
    migrate_log(url)
    return url


def execute(running: MariaDB, *statements: str, database: str | None = None) -> Sequence[Sequence[Any]]:
    """Run the statements with all rights; the rows of the last one."""
    with closing(running.admin()) as connection, connection.cursor() as cursor:
        if database:
            connection.select_db(database)
        for statement in statements:
            cursor.execute(statement)
        return list(cursor.fetchall())
