"""Asks the live generation, whichever that is: its number, its position and the answer are of one moment."""

from collections.abc import Callable, Sequence

from pymysql.err import Error

from engines.mysql_errors import code_of
from engines.mysql_migrations import NO_SUCH_TABLE
from engines.mysql_text import quoted
from projections.readmodel.errors import ReadModelUnavailable
from projections.readmodel.mysql_session import MySQLSession, Rows, translated

_ATTEMPTS = 10
_TABLE_CHANGED = 1412
"""The table is newer than the snapshot."""

Told = Callable[[Rows], tuple[int, int]]
"""Takes an answer's (live generation, its position) out of it."""


class Gone(Exception):
    """The tables that were thought to be the live ones are not there, or not live any more."""


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
            try:
                [answer] = self.ask_together([(statement, told)])
            except Gone:
                continue
            return answer
        raise ReadModelUnavailable(f"the live generation of {self._name} changes all the time")

    def ask_together(self, questions: Sequence[tuple[str, Told]]) -> list[tuple[Rows, int]]:
        """The same for several statements in one packet; each is a moment of its own.

        Raises Gone, or ReadModelUnavailable for all if one of them can't be answered.
        """
        number = str(self._number or self._find())
        with translated():
            try:
                found = self._session.raw_packet(
                    [statement.replace("#", number) for statement, _ in questions], repeatable=True
                )
            except Error as error:
                if code_of(error) in (NO_SUCH_TABLE, _TABLE_CHANGED):
                    self._number = 0
                    raise Gone from error
                raise
        answers = []
        for (_, told), result in zip(questions, found, strict=True):
            self._number, position = told(self._there(result.rows))
            if str(self._number) != number:
                raise Gone
            answers.append((result.rows, position))
        return answers

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

    def _there(self, rows: Rows) -> Rows:
        if not rows:
            raise ReadModelUnavailable(f"there are no {self._name} yet")
        return rows
