"""The port between a registry and a store that is no database of its own, as a search engine is.

The registry keeps the checkpoints of such a store's generations; the store keeps what they hold. A generation that
the store has lost begins again: the registry moves its checkpoint back before it has it made anew. One that is there
without a checkpoint was made by another registry, and is not to be touched.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from projections.readmodel.store import Checkpoint, Generation


class Checkpoints(Protocol):
    """The checkpoint of one generation, kept by the registry. May raise ReadModelUnavailable."""

    def get(self) -> Checkpoint:
        """How far the generation is."""

    def move(self, before: Checkpoint, after: Checkpoint) -> None:
        """Raises Fenced, and moves nothing, if it is not at `before`, or if the generation must be live and is not.

        `after` may be an earlier one, for a store that has lost something; then less is searchable, too.
        """

    def begin_again_if(self, lost: Callable[[], bool]) -> None:
        """Back to the log's beginning, if `lost` says so; until it has, nobody moves it."""

    def searchable(self) -> int:
        """The position up to which readers find everything; never more than the checkpoint's."""

    def now_searchable(self, position: int) -> None:
        """Readers find everything up to `position`; a lower one than before is ignored."""

    def hold(self) -> AbstractContextManager[None]:
        """While held, nobody else can move it; freed by a crash, too."""

    def close(self) -> None:
        """Give back what is open."""


class Elsewhere(Protocol):
    """A store of one projection's generations. May raise ReadModelUnavailable."""

    def make(self, number: int) -> None:
        """An empty generation, if it is not there yet."""

    def there(self, number: int) -> bool:
        """Whether that generation is there."""

    def numbers(self) -> list[int]:
        """The generations that are there."""

    def remove(self, number: int) -> None:
        """Remove a generation, if it is there."""

    def generation(self, number: int, checkpoints: Checkpoints, *, must_be_live: bool) -> Generation:
        """Open a generation that is there, for writing; it closes the checkpoints with itself.

        One that must be live is made searchable up to its checkpoint as soon as that is asked for; one that
        never was searchable is built in bulk, until it is finished.
        """

    def close(self) -> None:
        """Give back what is open; the registry does it when it is closed itself."""


class Served(NamedTuple):
    """The live generation, and the position up to which readers of it find everything."""

    number: int
    position: int


class Serving(Protocol):
    """The registry's word on what readers are served, for one thread; nothing is asked before `served` is."""

    def served(self) -> Served:
        """Both at one moment. Raises ReadModelUnavailable."""

    def close(self) -> None:
        """Give back what is open."""
