"""How the questions of one read are asked: a single one in one statement, more of them in one snapshot."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from projections.readmodel.errors import NotThere
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


class AsksMore(Exception):
    """A second question to one who answers one."""


class SingleQuestion(Questions):
    """Raises AsksMore at the second question, NotThere if the answer does not include `min_position`."""

    def __init__(self, live: MySQLLive, min_position: int) -> None:
        super().__init__(live)
        self._min_position = min_position
        self.seen: int | None = None
        """The position that the answer included; None before one was asked."""

    @property
    def position(self) -> int:
        if self.seen is None:
            self._ask(f"SELECT p.live, g.position {self._live.source()}", told_by_row)
        assert self.seen is not None
        return self.seen

    def _ask(self, statement: str, told: Told) -> Rows:
        if self.seen is not None:
            raise AsksMore
        rows, self.seen = self._live.ask(statement, told)
        if self.seen < self._min_position:
            raise NotThere(self._min_position, self.seen)
        return rows


class Snapshot(Questions):
    """Any number of questions while a snapshot of `live` is open, at `position`."""

    def __init__(self, live: MySQLLive, position: int) -> None:
        super().__init__(live)
        self._position = position

    @property
    def position(self) -> int:
        return self._position

    def _ask(self, statement: str, told: Told) -> Rows:  # noqa: ARG002 - both are known
        return self._live.ask_again(statement)


def told_by_row(rows: Rows) -> tuple[int, int]:
    """(live, position) of an answer whose first columns they are."""
    live, position, *_ = rows[0]
    return live, position


def told_by_text(rows: Rows) -> tuple[int, int]:
    """The same where they are the first words of the first column."""
    live, position, *_ = _words(rows[0])
    return int(live), int(position)


def _words(row: Columns) -> list[bytes]:
    words: list[bytes] = row[0].split(b" ", 3)
    return words
