"""The port through which processes tell each other what each has counted."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class News(NamedTuple):
    """So much has this process counted, all in all, under a name that all share; forgotten after so many seconds."""

    name: str
    own: int
    seconds: int


class Exchange(Protocol):
    """Called on one thread, which may wait; raises whatever goes wrong, and may then have told or not.

    To tell the same twice changes nothing.
    """

    def tell(self, news: Sequence[News]) -> list[int]:
        """What the other processes have told under each name, summed up."""

    def close(self) -> None:
        """Hang up."""
