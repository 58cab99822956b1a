"""Where the generations of one projection are, for a registry: in its own engine, or elsewhere."""

from contextlib import AbstractContextManager, ExitStack, closing
from typing import Protocol

from projections.readmodel.elsewhere import Checkpoints, Elsewhere
from projections.readmodel.errors import Misfit
from projections.readmodel.store import Generation

SCRATCH = 0


class Store(Protocol):
    """Generations by number; SCRATCH is the one outside the registry. May raise ReadModelUnavailable."""

    def there(self, number: int) -> bool:
        """Whether that generation is there, whole."""

    def make(self, number: int, *, bulk: bool = False) -> None:
        """An empty generation, if it is not there; `bulk` leaves out what its `finish` is to make."""

    def upgrade(self, number: int) -> None:
        """Bring one that is there to the form that this program knows, if an older one made it."""

    def numbers(self) -> list[int]:
        """The generations that are there and this registry's, without SCRATCH."""

    def first_free(self) -> int:
        """A number beyond all that are there, whoever made them."""

    def remove(self, number: int) -> None:
        """Remove a generation, if it is there."""

    def open(self, number: int, *, must_be_live: bool, afterwards: ExitStack | None = None) -> Generation:
        """Open one that is there; its `close` closes `afterwards`, too."""

    def close(self) -> None:
        """Give back what is open."""


class Keeper(Protocol):
    """Keeps one checkpoint for each generation, by number. May raise ReadModelUnavailable."""

    def kept(self, number: int) -> bool:
        """Whether there is one."""

    def make(self, number: int) -> None:
        """One at the log's beginning."""

    def numbers(self) -> list[int]:
        """Those that are there, without SCRATCH."""

    def remove(self, number: int) -> None:
        """Remove it, if it is there."""

    def open(self, number: int, *, must_be_live: bool, afterwards: ExitStack | None = None) -> Checkpoints:
        """Open one that is there; its `close` closes `afterwards`, too."""

    def alone(self) -> AbstractContextManager[object]:
        """While one process is in it, others wait."""


class KeptElsewhere:
    """Implements `Store`: the checkpoint of each generation is here, the rest elsewhere."""

    def __init__(self, name: str, elsewhere: Elsewhere, keeper: Keeper) -> None:
        self._name = name
        self._elsewhere = elsewhere
        self._keeper = keeper

    def there(self, number: int) -> bool:
        return self._keeper.kept(number) and self._elsewhere.there(number)

    def make(self, number: int, *, bulk: bool = False) -> None:  # noqa: ARG002 - it is not made to be served before it is shown
        if self.there(number):
            return
        with self._keeper.alone():
            if not self._keeper.kept(number):
                if self._elsewhere.there(number):
                    raise Misfit(
                        f"generation {number} of {self._name} is there, but another registry's:"
                        " two must not share a store"
                    )
                self._keeper.make(number)
            else:
                self._begin_again(number)
            self._elsewhere.make(number)

    def upgrade(self, number: int) -> None:
        """There is but one form."""

    def numbers(self) -> list[int]:
        return self._keeper.numbers()

    def first_free(self) -> int:
        return 1 + max([*self.numbers(), *self._elsewhere.numbers()], default=0)

    def remove(self, number: int) -> None:
        # The checkpoint last: without it nobody would know that the rest is to be removed.
        self._elsewhere.remove(number)
        self._keeper.remove(number)

    def open(self, number: int, *, must_be_live: bool, afterwards: ExitStack | None = None) -> Generation:
        checkpoints = self._keeper.open(number, must_be_live=must_be_live, afterwards=afterwards)
        try:
            return self._elsewhere.generation(number, checkpoints, must_be_live=must_be_live)
        except BaseException:
            checkpoints.close()
            raise

    def close(self) -> None:
        self._elsewhere.close()

    def _begin_again(self, number: int) -> None:
        """If what the checkpoint stands for is lost; a follower that still writes is fenced by this."""
        with closing(self._keeper.open(number, must_be_live=False)) as checkpoints:
            checkpoints.begin_again_if(lambda: not self._elsewhere.there(number))
