"""One connection to the read models' database, and what the driver's errors mean."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from pymysql.err import DataError, Error, IntegrityError

from engines.mysql_connection import connect
from engines.mysql_errors import REFUSALS, code_of, is_lost, text_of
from engines.server_url import parse_mysql
from projections.readmodel.errors import Misfit, ReadModelUnavailable, ReadModelUnreachable

if TYPE_CHECKING:
    from engines.mysql_connection import MySQL

READ_SECONDS = 30
"""How long an answer may take that a follower waits for."""
LONG_SECONDS = 3600
"""The same for what looks at whole tables, or makes an index."""

SNAPSHOT = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
)
"""Begins a transaction in which every statement sees what is committed now."""

Rows = Sequence[tuple[Any, ...]]


class Result(NamedTuple):
    """What one statement came to: how many rows it changed, or gave; and the rows."""

    changed: int
    rows: Rows


@contextmanager
def translated() -> Iterator[None]:
    """Driver errors become the read models' own; nothing else of PyMySQL leaves the adapter."""
    try:
        yield
    except (IntegrityError, DataError) as error:
        raise Misfit(text_of(error)) from error
    except Error as error:
        raise ReadModelUnavailable(text_of(error)) from error


def connected(url: str, *, read_seconds: float, idle_seconds: int | None = None) -> "MySQL":
    """As `engines.mysql_connection.connect`.

    Raises ReadModelUnreachable, or ReadModelUnavailable if the server refuses.
    """
    try:
        return connect(url, read_seconds=read_seconds, idle_seconds=idle_seconds)
    except Error as error:
        place = parse_mysql(url).shown
        if code_of(error) in REFUSALS:
            raise ReadModelUnavailable(
                f"the read models' server refuses {place}: {text_of(error)}"
            ) from error
        raise ReadModelUnreachable(
            f"no connection to the read models' server {place}: {text_of(error)}"
        ) from error


class MySQLSession:
    """Opened when it is first needed, and closed on any doubt: what it had begun is then rolled back.

    For one thread at a time.
    """

    def __init__(
        self,
        url: str,
        *,
        read_seconds: float = READ_SECONDS,
        idle_seconds: int | None = None,
        prepare: Callable[["MySQL"], None] = lambda _: None,
    ) -> None:
        """As `engines.mysql_connection.connect`; `prepare` is done to each new connection."""
        self._url = url
        self._read_seconds = read_seconds
        self._idle_seconds = idle_seconds
        self._prepare = prepare
        self._connection: MySQL | None = None

    def packet(self, statements: Sequence[str], *, repeatable: bool = False) -> list[Result]:
        """Send the statements at once; the first that fails ends them.

        `repeatable`: sent once more if the connection was lost since it was last used, as an idle one may be. That
        is for statements of which nothing remains if the connection is lost, and that need nothing before them.
        Raises ReadModelUnavailable or Misfit.
        """
        with translated():
            return self.raw_packet(statements, repeatable=repeatable)

    def raw_packet(self, statements: Sequence[str], *, repeatable: bool = False) -> list[Result]:
        """The same, with the driver's errors once it is connected."""
        was_open = self._connection is not None
        try:
            return _run(self._open(), statements)
        except Error as error:
            self.close()
            if not (repeatable and was_open and is_lost(error)):
                raise
        except BaseException:
            self.close()
            raise
        return self.raw_packet(statements)

    def rows(self, statement: str, *, repeatable: bool = False) -> Rows:
        """The rows of one statement."""
        return self.packet([statement], repeatable=repeatable)[0].rows

    def change(self, statement: str) -> int:
        """How many rows the statement changed."""
        return self.packet([statement])[0].changed

    def roll_back(self) -> None:
        """End a transaction, if one is open."""
        if self._connection is not None:
            with suppress(ReadModelUnavailable):
                # The connection is closed then, which has the same effect.
                self.packet(["ROLLBACK"])

    def close(self) -> None:
        """Give back what is open; it can be used again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Error):
                connection.close()

    def _open(self) -> "MySQL":
        if self._connection is None:
            connection = connected(
                self._url, read_seconds=self._read_seconds, idle_seconds=self._idle_seconds
            )
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection


def _run(connection: "MySQL", statements: Sequence[str]) -> list[Result]:
    with connection.cursor() as cursor:
        cursor.execute(";".join(statements))
        results = [Result(cursor.rowcount, cursor.fetchall())]
        while cursor.nextset():
            results.append(Result(cursor.rowcount, cursor.fetchall()))
    return results
