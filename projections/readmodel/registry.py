"""What every registry of generations does, wherever its rows, its locks and the generations are."""

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack

from projections.readmodel.errors import Fenced, ReadModelUnavailable
from projections.readmodel.store import Generation, LiveProjection, Report
from projections.readmodel.stores import SCRATCH, Store
from projections.readmodel.words import store_id

logger = logging.getLogger(__name__)


class Registry(ABC):
    """Implements `store.Control` on a row for each projection, and makes what is not there."""

    def __init__(self, stores: Mapping[str, Store]) -> None:
        """`stores` are those of the projections; they are closed with this."""
        self._stores = stores

    @property
    @abstractmethod
    def secret(self) -> bytes:
        """See `store.Control`."""

    def store(self, name: str) -> str:  # noqa: ARG002 - all are in one
        return store_id(self.secret)

    def projection(self, name: str) -> LiveProjection:
        while not (found := self._find(name)):
            first = self._stores[name].first_free()
            self._stores[name].make(first)
            self._enter(name, first)
        return found

    def upgrade(self, name: str) -> None:
        store = self._stores[name]
        for number in self.projection(name)[1:]:
            if number is not None and store.there(number):
                store.upgrade(number)

    def generation(self, name: str, number: int, *, must_be_live: bool) -> Generation:
        known = self.projection(name)
        if number not in known[1:]:
            raise Fenced(f"{name} has no generation {number} now: {known}")
        store = self._stores[name]
        if not store.there(number):
            if number == known.live and (last := self.reported(name)) and last.position:
                logger.warning(
                    "generation %d of %s is gone: it is folded again from the log, up to %d",
                    number,
                    name,
                    last.position,
                )
            store.make(number, bulk=number != known.live)
        else:
            store.upgrade(number)
        return store.open(number, must_be_live=must_be_live)

    def registered(self, name: str) -> LiveProjection | None:
        return self._find(name)

    def look_at(self, name: str) -> Generation | None:
        found, store = self._find(name), self._stores[name]
        if found is None or not store.there(found.live):
            return None
        return store.open(found.live, must_be_live=False)

    def start_building(self, name: str, *, afresh: bool = False) -> int:
        self.projection(name)
        self._begin(name, afresh)
        building = self.projection(name).building
        if building is None:
            raise Fenced(f"another replay of {name} has just ended")
        return building

    def flip(self, name: str, live: int, to: int) -> None:
        # Whoever opens what is live makes what is missing, empty: readers would go back to the first fact.
        if not self._stores[name].there(to):
            raise Fenced(f"generation {to} of {name} is not there")
        if not self._make_live(name, live, to, _now()):
            raise Fenced(f"generation {live} of {name} is not the live one")

    def give_up_previous(self, name: str, before: int) -> None:
        # Registries of older programs don't know when; from now on this one does.
        self._note_swap(name, _now())
        self._forget_previous(name, before)

    def drop_old(self, name: str) -> list[int]:
        # The store before the registry: the other way round, what a replay begins between the two looks old.
        there = self._stores[name].numbers()
        kept = self.projection(name)[1:]
        # What was never given out is not this registry's to remove.
        given_out = self._next(name)
        old = sorted(number for number in there if number not in kept and number < given_out)
        for number in old:
            self._stores[name].remove(number)
        return old

    def scratch(self, name: str) -> Generation:
        with ExitStack() as stack:
            if not stack.enter_context(self.exclusively(f"{name}_scratch")):
                raise ReadModelUnavailable(f"another process has the scratch generation of {name}")
            store = self._stores[name]
            store.remove(SCRATCH)
            store.make(SCRATCH, bulk=True)
            stack.callback(store.remove, SCRATCH)
            afterwards = ExitStack()
            generation = store.open(SCRATCH, must_be_live=False, afterwards=afterwards)
            afterwards.push(stack.pop_all())
            return generation

    def close(self) -> None:
        for store in self._stores.values():
            store.close()

    @abstractmethod
    def exclusively(self, name: str) -> AbstractContextManager[bool]:
        """See `store.Control`."""

    @abstractmethod
    def reported(self, name: str) -> Report | None:
        """See `store.Control`."""

    @abstractmethod
    def _find(self, name: str) -> LiveProjection | None:
        """The projection's row."""

    @abstractmethod
    def _next(self, name: str) -> int:
        """The number that is given out next; the row is there."""

    @abstractmethod
    def _enter(self, name: str, first: int) -> None:
        """Make the row, with `first` live, if there is none."""

    @abstractmethod
    def _begin(self, name: str, afresh: bool) -> None:
        """Give out the next number for what is being built; only if nothing is, unless `afresh`."""

    @abstractmethod
    def _make_live(self, name: str, live: int, to: int, at: int) -> bool:
        """Whether `live` was live; then `to` is now, since `at`."""

    @abstractmethod
    def _note_swap(self, name: str, at: int) -> None:
        """Note `at` as the time since when the live one is so, if there is a previous one and no time."""

    @abstractmethod
    def _forget_previous(self, name: str, before: int) -> None:
        """No generation is the previous one, if the noted time is before that."""


def _now() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1000
