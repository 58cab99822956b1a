"""Opens the read models that a URL names; drivers are imported only when they are needed."""

from pathlib import Path

from projections.readmodel.reads import OwnedReads
from projections.readmodel.store import OwnedControl
from projections.readmodel.views import SearchView, TablesView
from projections.readmodel.words import Words


def open_control(url: str) -> OwnedControl:
    """The registry of generations; made if it is not there. Raises ReadModelUnavailable or WrongFormat."""
    from projections.readmodel.sqlite_control import SQLiteControl

    return SQLiteControl(_folder(url))


def open_tables(url: str) -> OwnedReads[TablesView]:
    """Reads of the tables, for the event loop that is the first to read."""
    from projections.readmodel.sqlite_reads import SQLiteReads
    from projections.readmodel.sqlite_tables_view import SQLiteTablesView

    return SQLiteReads(_folder(url), "tables", SQLiteTablesView, threads=1, most_jobs=32, most_waiting=10_000)


def open_search(url: str) -> OwnedReads[SearchView]:
    """Reads of the search index; threads of its own, so that a long scan delays no point read, nor another search."""
    from projections.readmodel.sqlite_reads import SQLiteReads
    from projections.readmodel.sqlite_search_view import SQLiteSearchView

    return SQLiteReads(_folder(url), "search", SQLiteSearchView, threads=3, most_jobs=1, most_waiting=1_000)


def open_words(url: str, store: str) -> Words:
    """Words about the read models whose registry has that `store_id`: `redis://…`, or `memory://` for this process
    alone. The server need not be there.
    """
    if url.startswith("redis://"):
        from projections.readmodel.redis_words import RedisWords

        return RedisWords(url, store)
    from projections.readmodel.inprocess_words import InProcessWords

    return InProcessWords()


def _folder(url: str) -> Path:
    """The folder of a `sqlite:///relative` or `sqlite:////absolute` URL."""
    # Taken as it is, since a folder's name may hold what means something in other URLs.
    if not url.startswith("sqlite:///"):
        raise ValueError(f"no read model is known for {url}")
    return Path(url.removeprefix("sqlite:///"))
