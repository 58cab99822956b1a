"""How the question of a read is asked: learned from the read, sent as one statement, given back as its answer."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from projections.readmodel.mysql_live import MySQLLive, Told
from projections.readmodel.mysql_session import Rows
from projections.readmodel.mysql_tables_view import Columns


class Questions(ABC):
    """Implements `mysql_tables_view.Asking`, but for how a statement is sent."""

    def __init__(self, live: MySQLLive) -> None:
        self._live = live

    @property
    @abstractmethod
    def position(self) -> int:
        """See `mysql_tables_view.Asking`."""

    def one(self, columns: Sequence[str], joins: str) -> Columns:
        asked = ", ".join(["p.live", "g.position", *columns])
        [row] = self._ask(f"SELECT {asked} {self._live.source(joins)}", told_by_row)
        return row[2:]

    def many(
        self, head: Sequence[str], joins: str, columns: Sequence[str], rows: str
    ) -> tuple[list[bytes], Sequence[Columns]]:
        asked = ", ".join(["p.live", "g.position", *head])
        first, *rest = self._ask(
            f"SELECT CAST(CONCAT_WS(' ', {asked}) AS BINARY){', NULL' * (len(columns) - 1)}"
            f" {self._live.source(joins)} UNION ALL (SELECT {', '.join(columns)} FROM {rows})",
            told_by_text,
        )
        return _words(first)[2:], rest

    @abstractmethod
    def _ask(self, statement: str, told: Told) -> Rows:
        """The rows of one statement."""


class Unanswered(Exception):
    """Ends a read at its question."""


class Question(Questions):
    """The one question of a read: raises Unanswered where it is asked first, and gives `rows` when asked again.

    So that many reads can be sent together, each is run twice; what it does before it asks costs microseconds.
    """

    def __init__(self, live: MySQLLive) -> None:
        super().__init__(live)
        self.statement = ""
        self.told: Told = told_by_row
        self.rows: Rows | None = None
        self.seen = 0
        """The position that the answer includes, once there is one."""

    @property
    def position(self) -> int:
        if not self.seen:
            self._ask(f"SELECT p.live, g.position {self._live.source()}", told_by_row)
        return self.seen

    def _ask(self, statement: str, told: Told) -> Rows:
        if self.rows is None:
            self.statement, self.told = statement, told
            raise Unanswered
        if statement != self.statement:
            raise RuntimeError("a read asks one question: this is another, of another moment")
        return self.rows


def told_by_row(rows: Rows) -> tuple[int, int]:
    """(live, position) of an answer whose first columns they are."""
    live, position, *_ = rows[0]
    return live, position


def told_by_text(rows: Rows) -> tuple[int, int]:
    """The same where they are the first words of the first column."""
    live, position, *_ = _words(rows[0])
    return int(live), int(position)


def _words(row: Columns) -> list[bytes]:
    words: list[bytes] = row[0].split(b" ", 4)
    return words
