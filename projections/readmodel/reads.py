"""The port that a query goes through: wait for a position, then read from one snapshot that includes it."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from projections.readmodel.views import SearchView, TablesView

T = TypeVar("T")
V = TypeVar("V", contravariant=True)


class Reads(Protocol[V]):
    """Reads of one read model from an event loop; the database call runs beside the loop, never on it."""

    async def read(self, query: Callable[[V], T], min_position: int = 0, wait: float = 5.0) -> T:
        """What `query` returns for a snapshot that includes `min_position`.

        Raises NotThere if that is not reached within `wait` seconds, ReadModelUnavailable if the store
        can't answer.
        """

    @property
    def position(self) -> int:
        """The position that is known to be reached, without asking the store."""


TablesReads = Reads[TablesView]
SearchReads = Reads[SearchView]
