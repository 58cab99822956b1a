"""The port of a database engine: one connection, in the few words that the recorders need."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Session(Protocol):
    """A connection, for one thread at a time. Statements have `?` for a value and backticks around names.

    Everything raises the library's persistence errors; one that ends the session is a ConnectionLostError.
    """

    @property
    def types(self) -> Mapping[str, str]:
        """The engine's words for `key` (exact bytes), `blob`, `integer`, and the `options` of a table."""

    def begin(self) -> None:
        """Open a transaction that writes."""

    def commit(self) -> None:
        """End it. Raises OutcomeUnknownError, and nothing else."""

    def rollback(self) -> None:
        """End it without a trace, by ending the session if there is no other way; raises nothing."""

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> int:
        """Run a statement that gives no rows; how many it changed."""

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Insert the rows, in few steps."""

    def advance(self, head: str, by: int) -> int:
        """Move the position in the head's one row, which stays locked; where it then stands."""

    def alive(self) -> bool:
        """Whether it can be used; a session that was idle for long is asked."""

    def close(self) -> None:
        """End the session, and with it what it had open."""
