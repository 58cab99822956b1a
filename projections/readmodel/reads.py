"""The port that a query goes through: wait for a position, then read from one snapshot that includes it."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from projections.readmodel.views import SearchView, TablesView

MOST_SECONDS = 5.0
"""A query that runs longer is given up with ReadModelUnavailable: others wait for its thread."""

T = TypeVar("T")
V = TypeVar("V", covariant=True)


class Reads(Protocol[V]):
    """Reads of one read model from an event loop; the database call runs beside the loop, never on it."""

    async def read(self, query: Callable[[V], T], min_position: int = 0, wait: float = 5.0) -> T:
        """What `query` returns for a snapshot that includes `min_position`.

        Raises NotThere if that is not reached within `wait` seconds, ReadModelUnavailable if the store
        can't answer, too many reads wait for it, or the query takes too long.
        """

    @property
    def position(self) -> int:
        """The position that is known to be reached, without asking the store."""


class OwnedReads(Reads[V], Protocol[V]):
    """Reads, for whoever opened them."""

    def advance(self, position: int) -> None:
        """Word from a follower in this process that `position` is reached; from any thread. Never needed."""

    def hear(self, position: int) -> None:
        """Word from elsewhere that `position` is reached, be it true or not; from any thread. Never needed."""

    def close(self) -> None:
        """End what runs beside the loop; reads that still wait raise ReadModelUnavailable. Called on the loop."""


TablesReads = Reads[TablesView]
SearchReads = Reads[SearchView]
