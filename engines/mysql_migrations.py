"""Brings tables to the program's schema: numbered steps of one statement each, safe to run twice or by two at once.

MySQL commits each change of a table by itself, so a step that was killed half way is run again: every
statement must be one that does nothing the second time.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any, NamedTuple

from pymysql.err import ProgrammingError

from engines.mysql_errors import code_of

if TYPE_CHECKING:
    from engines.mysql_connection import MySQL

NO_SUCH_TABLE = 1146
WAIT_SECONDS = 60


class SchemaMismatch(Exception):
    """The tables are not the program's; the message says what to do."""


class Step(NamedTuple):
    """`number` counts from 1 without a gap."""

    number: int
    name: str
    statement: str

    @property
    def checksum(self) -> str:
        """Tells whether the step is still the one that was run."""
        return sha256(self.statement.encode()).hexdigest()


def read_steps(folder: Traversable) -> list[Step]:
    """The steps in a folder of files `001_name.sql`, in order."""
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda f: f.name)
    steps = [
        Step(int(file.name[:3]), file.name[4:-4], file.read_text(encoding="utf-8").strip()) for file in files
    ]
    assert [step.number for step in steps] == list(range(1, len(steps) + 1)), folder
    return steps


def migrate(connection: "MySQL", table: str, steps: Sequence[Step]) -> None:
    """Run the steps that `table` does not list yet, under a named lock.

    The connection must wait for an answer longer than WAIT_SECONDS. Raises SchemaMismatch before anything is
    changed, TimeoutError if another migration takes too long, pymysql.Error.
    """
    with _alone(connection, table):
        connection.query(
            f"CREATE TABLE IF NOT EXISTS {table} (step INT UNSIGNED NOT NULL PRIMARY KEY,"
            " name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,"
            " checksum CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL) ENGINE = InnoDB"
        )
        done = check(connection, table, steps)
        for step in steps[done:]:
            connection.query(step.statement)
            with connection.cursor() as cursor:
                cursor.execute(
                    f"INSERT INTO {table} VALUES (%s, %s, %s)", (step.number, step.name, step.checksum)
                )


def check(connection: "MySQL", table: str, steps: Sequence[Step]) -> int:
    """How many of the steps were run. Raises SchemaMismatch for newer or other ones, pymysql.Error."""
    try:
        rows = _rows(connection, f"SELECT step, name, checksum FROM {table} ORDER BY step")
    except ProgrammingError as error:
        if code_of(error) == NO_SUCH_TABLE:
            return 0
        raise
    if len(rows) > len(steps):
        raise SchemaMismatch(
            f"its tables are at step {len(rows)}, this program knows {len(steps)}: upgrade Parley"
        )
    for step, row in zip(steps, rows, strict=False):
        if (step.number, step.name, step.checksum) != tuple(row):
            raise SchemaMismatch(
                f"its tables were made by another step {row[0]} ({row[1]}) than this program's {step.name}:"
                " use the program that made them, or a release after it"
            )
    return len(rows)


@contextmanager
def _alone(connection: "MySQL", table: str) -> Iterator[None]:
    # Names of locks are the whole server's, and at most 64 characters long.
    name = f"LEFT(CONCAT('{table} ', SHA2(DATABASE(), 256)), 64)"
    if _rows(connection, f"SELECT GET_LOCK({name}, {WAIT_SECONDS})")[0][0] != 1:
        raise TimeoutError(
            f"another migration is still running after {WAIT_SECONDS} s; try again when it is done"
        )
    try:
        yield
    finally:
        # The server gives the lock back with the connection, so a lost one needs no more.
        if connection.open:
            _rows(connection, f"SELECT RELEASE_LOCK({name})")


def _rows(connection: "MySQL", statement: str) -> Sequence[Sequence[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())
