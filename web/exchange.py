"""The port through which processes add up what each has counted."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class News(NamedTuple):
    """So much was counted under a name that all processes share; it may be forgotten after so many seconds."""

    name: str
    amount: int
    seconds: int


class Exchange(Protocol):
    """Called on one thread, which may wait; raises whatever goes wrong, and may then have added or not."""

    def add(self, news: Sequence[News]) -> list[int]:
        """The sum of what all processes have told under each name, this news included."""

    def close(self) -> None:
        """Hang up."""
