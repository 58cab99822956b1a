"""Asks the live generation, whichever that is: its number, its position and the answer are of one moment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pymysql.err import Error

from engines.mysql_errors import code_of
from engines.mysql_migrations import NO_SUCH_TABLE
from engines.mysql_text import quoted
from projections.readmodel.errors import ReadModelUnavailable
from projections.readmodel.mysql_session import SNAPSHOT, MySQLSession, Rows, translated

_ATTEMPTS = 10
_TABLE_CHANGED = 1412
"""The table is newer than the snapshot."""

Told = Callable[[Rows], tuple[int, int]]
"""Takes an answer's (live generation, its position) out of it."""


class Gone(Exception):
    """The tables that were thought to be the live ones are not there."""


class MySQLLive:
    """Remembers which generation is live; for one thread. `#` in a statement stands for its number."""

    def __init__(self, session: MySQLSession, name: str) -> None:
        self._session = session
        self._name = name
        self._number = 0

    def ask(self, statement: str, told: Told) -> tuple[Rows, int]:
        """The rows of a statement that asks the live generation, and says which one was live; and its position.

        Raises ReadModelUnavailable.
        """
        for _ in range(_ATTEMPTS):
            number = self._number or self._find()
            try:
                rows = self._rows(statement, number, repeatable=True)
            except Gone:
                self._number = 0
                continue
            self._number, position = told(rows)
            if self._number == number:
                return rows, position
        raise ReadModelUnavailable(f"the live generation of {self._name} changes all the time")

    @contextmanager
    def snapshot(self) -> Iterator[int]:
        """While it is open, `ask_again` sees what is live now; gives the position. Raises ReadModelUnavailable."""
        try:
            *_, found = self._session.packet(
                [*SNAPSHOT, f"SELECT p.live, g.position {self.source()}"], repeatable=True
            )
            self._number, position = self._there(found.rows)[0]
            yield position
        finally:
            self._session.roll_back()

    def ask_again(self, statement: str) -> Rows:
        """The rows of a statement in the snapshot. Raises Gone if that is too old to be asked."""
        return self._rows(statement, self._number)

    def source(self, joins: str = "") -> str:
        """What says which generation is live (`p`) and how far that is (`g`), joined to more."""
        return (
            f"FROM projections p JOIN generations g ON g.name = p.name AND g.number = p.live{joins}"
            f" WHERE p.name = {quoted(self._name)}"
        )

    def _find(self) -> int:
        [(number,)] = self._there(
            self._session.rows(
                f"SELECT live FROM projections WHERE name = {quoted(self._name)}", repeatable=True
            )
        )
        return int(number)

    def _rows(self, statement: str, number: int, *, repeatable: bool = False) -> Rows:
        with translated():
            try:
                [found] = self._session.raw_packet(
                    [statement.replace("#", str(number))], repeatable=repeatable
                )
            except Error as error:
                if code_of(error) in (NO_SUCH_TABLE, _TABLE_CHANGED):
                    raise Gone from error
                raise
        return self._there(found.rows)

    def _there(self, rows: Rows) -> Rows:
        if not rows:
            raise ReadModelUnavailable(f"there are no {self._name} yet")
        return rows
