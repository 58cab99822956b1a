"""A replay and a rollback, where a store has lost something while nobody followed the log."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from engines.search_url import parse_search
from projections.readmodel.mysql_schema import tables_of
from projections.readmodel.open import open_tables
from projections.readmodel.opensearch_client import connect as connect_engine
from projections.readmodel.opensearch_documents import mark_address
from projections.readmodel.opensearch_index import index_name
from projections.readmodel.views import RecentRow, TablesView
from projections.replay import replay, rollback
from tests.support.databases import connect, new_database
from tests.support.facts import append_each
from tests.support.folder import Folder, data_folder
from tests.support.histories import busy_history
from tests.support.search_engines import new_prefix

FACTS = busy_history(200)


@contextmanager
def searching_on_an_engine(path: Path, read: str) -> Iterator[Folder]:
    """The registry in a data folder, or in a database of that server; the search index on OpenSearch."""
    with ExitStack() as stack:
        url = None if read == "sqlite" else stack.enter_context(new_database(read))
        search_url = stack.enter_context(new_prefix("opensearch"))
        yield stack.enter_context(data_folder(path, url, search_url, url))


def forget_the_mark(search_url: str, number: int) -> None:
    """As an engine does that was restored from an older snapshot."""
    url = parse_search(search_url)
    identity, routing = mark_address()
    with closing(connect_engine(url, 30)) as client:
        client.delete(index=index_name(url.prefix, number), id=identity, params={"routing": routing})


@pytest.mark.parametrize("read", ["sqlite", "mariadb"])
def test_a_replay_heals_an_index_that_has_lost_something(tmp_path: Path, read: str) -> None:
    with searching_on_an_engine(tmp_path, read) as folder:
        append_each(folder.log, FACTS)
        folder.follow("search")
        forget_the_mark(folder.search_url, 1)

        swapped = replay(folder.control, folder.tail, "search")

        assert (swapped.generation, swapped.position) == (2, folder.log.head())
        assert folder.findings("search") == []


def test_a_rollback_to_tables_that_were_lost_gives_them_their_index(tmp_path: Path) -> None:
    with new_database("mariadb") as url, data_folder(tmp_path, url, read_url=url) as folder:
        append_each(folder.log, FACTS)
        folder.follow("tables")
        expected = recent(url)
        replay(folder.control, folder.tail, "tables")
        with closing(connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {tables_of(1)[0]}")

        swapped = rollback(folder.control, folder.tail, "tables")

        assert swapped.generation == 1
        assert recent(url) == expected
        assert folder.findings("tables") == []


def test_a_rollback_to_an_index_that_was_lost_shows_it(tmp_path: Path) -> None:
    with searching_on_an_engine(tmp_path, "mariadb") as folder:
        append_each(folder.log, FACTS)
        folder.follow("search")
        followed = folder.rows("search")
        replay(folder.control, folder.tail, "search")
        url = parse_search(folder.search_url)
        with closing(connect_engine(url, 30)) as client:
            client.indices.delete(index=index_name(url.prefix, 1))

        swapped = rollback(folder.control, folder.tail, "search")

        assert swapped.generation == 1
        assert folder.rows("search") == followed


def recent(url: str) -> list[RecentRow]:
    """The chats of the first application that has some."""

    async def ask() -> list[RecentRow]:
        with closing(open_tables(url)) as reads:
            for _, row in await reads.read(lambda view: view.applications(0, 99)):
                token = json.loads(row)["token"]
                if found := await reads.read(partial(_recent, token)):
                    return found
        raise AssertionError("there are none")

    return asyncio.run(ask())


def _recent(token: str, view: TablesView) -> list[RecentRow] | None:
    return view.recent_chats(token, None, 9)
