"""The stores of read models that the contracts run against, each fresh."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, TypeVar

from projections.readmodel.changes import Change
from projections.readmodel.open import open_control, open_search, open_tables
from projections.readmodel.store import Checkpoint, Generation
from projections.readmodel.views import SearchView, TablesView

T = TypeVar("T")


class Spoil(Protocol):
    """Makes the live counters wrong behind the adapter's back: adds `by` to each of one kind."""

    def __call__(self, counter: str, by: int) -> None: ...


class ReadEngine:
    """One empty store: a registry, and whatever generations the test opens of it."""

    def __init__(self, url: str, spoil: Spoil) -> None:
        self.url = url
        self.spoil = spoil
        self._open = ExitStack()
        self.control = self._open.enter_context(closing(open_control(url)))

    def open(self, name: str, number: int, *, must_be_live: bool = True) -> Generation:
        """A generation that is closed with the engine."""
        generation = self.control.generation(name, number, must_be_live=must_be_live)
        return self._open.enter_context(closing(generation))

    def live(self, name: str) -> Generation:
        """The live generation, for a follower."""
        return self.open(name, self.control.projection(name).live)

    def tables(self, query: Callable[[TablesView], T], min_position: int = 0) -> T:
        """The answer of one query, on an event loop of its own."""

        async def ask() -> T:
            with closing(open_tables(self.url)) as reads:
                return await reads.read(query, min_position)

        return asyncio.run(ask())

    def search(self, query: Callable[[SearchView], T], min_position: int = 0) -> T:
        """The answer of one query, on an event loop of its own."""

        async def ask() -> T:
            with closing(open_search(self.url)) as reads:
                return await reads.read(query, min_position)

        return asyncio.run(ask())

    def close(self) -> None:
        """Close all that was opened."""
        self._open.close()


NewEngine = Callable[[], AbstractContextManager[ReadEngine]]


def follow(generation: Generation, changes: Sequence[Change], cut: int = 1000) -> Checkpoint:
    """Apply the changes, one position each, in batches of `cut`; the checkpoint after them."""
    before = generation.checkpoint()
    for start in range(0, len(changes), cut):
        batch = changes[start : start + cut]
        after = checkpoint(before.position + len(batch))
        generation.apply(batch, before, after)
        before = after
    return before


def checkpoint(position: int) -> Checkpoint:
    """The checkpoint of the tests' log at a position."""
    return Checkpoint("log", position, f"event {position}".encode())


def listed(generation: Generation) -> list[tuple[str, bytes]]:
    """All rows of a generation; a test's are few."""
    with generation.rows() as (_, rows):
        return list(rows)


@contextmanager
def _sqlite() -> Iterator[ReadEngine]:
    with TemporaryDirectory() as folder:

        def spoil(counter: str, by: int) -> None:
            table = {"chats_count": "applications", "messages_count": "chats"}[counter]
            for path in Path(folder).glob("tables_g*.db"):
                with closing(sqlite3.connect(path)) as db, db:
                    db.execute(f"UPDATE {table} SET {counter} = {counter} + ?", (by,))

        with closing(ReadEngine(f"sqlite:///{folder}", spoil)) as engine:
            yield engine


READ_ENGINES: dict[str, NewEngine] = {"sqlite": _sqlite}
