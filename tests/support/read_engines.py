"""The stores of read models that the contracts run against, each fresh."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, TypeVar

import pytest
from msgspec import structs

from engines.mysql_connection import connect
from projections.readmodel.changes import Change, DropMessage, PutMessage
from projections.readmodel.open import open_control, open_search, open_tables
from projections.readmodel.reads import OwnedReads
from projections.readmodel.store import Checkpoint, Generation, OwnedControl
from projections.readmodel.views import SearchView, TablesView
from tests.support.databases import new_database
from tests.support.search_engines import new_prefix

T = TypeVar("T")


class Spoil(Protocol):
    """Makes the live counters wrong behind the adapter's back: adds `by` to each of one kind."""

    def __call__(self, counter: str, by: int) -> None: ...


class ReadEngine:
    """One empty store: a registry, and whatever generations the test opens of it."""

    def __init__(
        self, url: str, spoil: Spoil, search_url: str | None = None, nowhere: str | None = None
    ) -> None:
        """`url` is that of the read tables, and of the search index unless that is elsewhere.

        Nothing is at `nowhere`.
        """
        self.url = url
        self.nowhere = nowhere or f"{url}/nowhere"
        self.search_url = search_url or url
        self.spoil = spoil
        self._open = ExitStack()
        self.control = self._open.enter_context(closing(self.another_control()))

    def another_control(self) -> OwnedControl:
        """The registry opened once more, as another process does."""
        return open_control(self.url, self.search_url)

    def search_reads(self) -> OwnedReads[SearchView]:
        """Reads of the search index, for an event loop."""
        return open_search(self.search_url, self.url)

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
            with closing(self.search_reads()) as reads:
                return await reads.read(query, min_position)

        return asyncio.run(ask())

    def position(self, name: str) -> int:
        """How far readers of it are."""
        if name == "search":
            return self.search(lambda view: view.position)
        return self.tables(lambda view: view.position)

    def close(self) -> None:
        """Close all that was opened."""
        self._open.close()


NewEngine = Callable[[], AbstractContextManager[ReadEngine]]


def follow(generation: Generation, changes: Sequence[Change], cut: int = 1000) -> Checkpoint:
    """Apply the changes, one position each, in batches of `cut`; the checkpoint after them."""
    before = generation.checkpoint()
    for start in range(0, len(changes), cut):
        batch = placed(changes[start : start + cut], before.position)
        after = checkpoint(before.position + len(batch))
        generation.apply(batch, before, after)
        before = after
    return before


def follow_ahead(generation: Generation, changes: Sequence[Change], cut: int) -> Checkpoint:
    """The same, each batch begun on another thread before the one before it is ended."""
    before = generation.checkpoint()
    ends: list[tuple[Checkpoint, Callable[[], None]]] = []
    with ThreadPoolExecutor(1) as ahead:
        for start in range(0, len(changes), cut):
            batch = placed(changes[start : start + cut], before.position)
            after = checkpoint(before.position + len(batch))
            ends.append((after, ahead.submit(generation.begin, batch, before, after).result()))
            before = after
            if len(ends) == 2:
                at, end = ends.pop(0)
                end()
                assert generation.checkpoint() == at
    for _, end in ends:
        end()
    return before


def placed(changes: Sequence[Change], after: int) -> list[Change]:
    """The changes as those of the facts that come after a position."""
    return [
        structs.replace(change, position=position) if isinstance(change, PutMessage | DropMessage) else change
        for position, change in enumerate(changes, after + 1)
    ]


def checkpoint(position: int) -> Checkpoint:
    """The checkpoint of the tests' log at a position."""
    return Checkpoint("log", position, f"event {position}".encode())


def listed(generation: Generation) -> list[tuple[str, bytes]]:
    """All rows of a generation; a test's are few."""
    with generation.rows() as (_, rows):
        return list(rows)


@contextmanager
def sqlite_engine(search_url: str | None = None, beside: ReadEngine | None = None) -> Iterator[ReadEngine]:
    """A data folder of its own, or that of another engine; the search index may be elsewhere."""
    with TemporaryDirectory() as new:
        folder = new if beside is None else beside.url.removeprefix("sqlite:///")

        def spoil(counter: str, by: int) -> None:
            table = {"chats_count": "applications", "messages_count": "chats"}[counter]
            for path in Path(folder).glob("tables_g*.db"):
                with closing(sqlite3.connect(path)) as db, db:
                    db.execute(f"UPDATE {table} SET {counter} = {counter} + ?", (by,))

        with closing(ReadEngine(f"sqlite:///{folder}", spoil, search_url)) as engine:
            yield engine


@contextmanager
def mysql_engine(server: str, search_url: str | None = None) -> Iterator[ReadEngine]:
    """The registry and the tables in a new database on "mariadb" or "mysql"; the search index is in a data folder,
    with a registry of its own, or elsewhere.
    """
    with new_database(server) as url, TemporaryDirectory() as folder:

        def spoil(counter: str, by: int) -> None:
            table = {"chats_count": "applications", "messages_count": "chats"}[counter]
            with closing(connect(url)) as db, db.cursor() as cursor:
                cursor.execute(f"SHOW TABLES LIKE '{table}\\_g%'")
                for (name,) in cursor.fetchall():
                    cursor.execute(f"UPDATE {name} SET {counter} = {counter} + {by}")

        nowhere = url.rpartition("/")[0] + "/parley_nowhere"
        with closing(ReadEngine(url, spoil, search_url or f"sqlite:///{folder}", nowhere)) as engine:
            yield engine


def _with_search_on(name: str, tables: Callable[[str], AbstractContextManager[ReadEngine]]) -> NewEngine:
    """The registry and the tables in what `tables` gives, the search index on that engine."""

    @contextmanager
    def new() -> Iterator[ReadEngine]:
        with new_prefix(name) as search_url, tables(search_url) as engine:
            yield engine

    return new


READ_ENGINES: dict[str, NewEngine] = {
    "sqlite": sqlite_engine,
    "mariadb": partial(mysql_engine, "mariadb"),
    "mysql": partial(mysql_engine, "mysql"),
}
READ_PARAMS = ["sqlite", "mariadb", pytest.param("mysql", marks=pytest.mark.long)]
"""Those, for a contract that has to do with the read tables."""
SEARCH_ENGINES: dict[str, NewEngine] = {
    name: _with_search_on(name, sqlite_engine) for name in ("opensearch", "opensearch3", "elasticsearch")
}
ENGINES = {
    **READ_ENGINES,
    **SEARCH_ENGINES,
    "mariadb+opensearch": _with_search_on("opensearch", partial(mysql_engine, "mariadb")),
}
ENGINE_PARAMS = [
    "sqlite",
    "opensearch",
    *(pytest.param(name, marks=pytest.mark.long) for name in ("opensearch3", "elasticsearch")),
]
"""Those that differ in their search index, for a contract that has to do with it; the seldom ones in the long run."""
CONTROL_PARAMS = [*READ_PARAMS, *ENGINE_PARAMS[1:], "mariadb+opensearch"]
"""All of them, for the contract of the registry."""
