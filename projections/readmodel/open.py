"""Opens the read models that URLs name; drivers are imported only when they are needed."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from engines.finding import Finding
from engines.server import IN_PROCESS, Server
from projections.readmodel.elsewhere import Elsewhere, Serving
from projections.readmodel.reads import OwnedReads
from projections.readmodel.store import OwnedControl
from projections.readmodel.views import SearchView, TablesView
from projections.readmodel.words import Words

_CONNECTIONS = 2
"""To a database, for reads of the tables: while it works for one, the interpreter is free for the other. With four,
the threads wait more for each other: a page takes 260 µs of the processor in place of 235."""
_SEARCHES = 3
_SEARCHES_WAITING = 1_000


def open_control(
    read_url: str, search_url: str | None = None, secret: bytes | None = None, *, makes: bool = True
) -> OwnedControl:
    """The registry of generations. `search_url` None: where the read tables are.

    It is made or upgraded first; who only looks says `makes=False`, and is told WrongFormat instead. A search engine
    need not be there yet, nor a registry's server if its `secret` is known from before. Raises ReadModelUnavailable,
    WrongFormat, or ValueError for a URL that can't be.
    """
    if search_url is None or search_url == read_url:
        return _control(read_url, secret, makes=makes)
    if _is_engine(search_url):
        from projections.readmodel.opensearch_store import OpenSearchStore

        return _control(read_url, secret, {"search": OpenSearchStore(search_url)}, makes=makes)
    from projections.readmodel.divided import DividedControl

    return DividedControl(
        _control(read_url, secret, makes=makes), {"search": open_control(search_url, makes=makes)}
    )


def open_tables(read_url: str) -> OwnedReads[TablesView]:
    """Reads of the tables, for the event loop that is the first to read."""
    if _is_mysql(read_url):
        from projections.readmodel.mysql_reads import MySQLReads

        return MySQLReads(read_url, threads=_CONNECTIONS, most_waiting=10_000)
    from projections.readmodel.sqlite_reads import SQLiteReads
    from projections.readmodel.sqlite_tables_view import SQLiteTablesView

    return SQLiteReads(
        _folder(read_url), "tables", SQLiteTablesView, threads=1, most_jobs=32, most_waiting=10_000
    )


def open_search(search_url: str, read_url: str | None = None) -> OwnedReads[SearchView]:
    """Reads of the search index; threads of its own, so that a long scan delays no point read, nor another search.

    `read_url` is where the registry is, which says what is live; None: where the index is.
    """
    if _is_engine(search_url):
        from projections.readmodel.opensearch_reads import OpenSearchReads

        return OpenSearchReads(
            search_url,
            lambda: _serving(read_url or search_url, "search"),
            threads=_SEARCHES,
            most_waiting=_SEARCHES_WAITING,
        )
    from projections.readmodel.sqlite_reads import SQLiteReads
    from projections.readmodel.sqlite_search_view import SQLiteSearchView

    return SQLiteReads(
        _folder(search_url),
        "search",
        SQLiteSearchView,
        threads=_SEARCHES,
        most_jobs=1,
        most_waiting=_SEARCHES_WAITING,
    )


def open_words(url: str, store: str) -> Words:
    """Words about the read models whose registry has that `store_id`: `redis://…`, or `memory://` for this process
    alone. The server need not be there.
    """
    if url.startswith("redis://"):
        from projections.readmodel.redis_words import RedisWords

        return RedisWords(url, store)
    from projections.readmodel.inprocess_words import InProcessWords

    return InProcessWords()


def import_adapters(read_url: str, search_url: str, words_url: str) -> None:
    """Import what these need on this thread; packages that two threads import at once can lock each other out."""
    if _is_mysql(read_url):
        import_module("projections.readmodel.mysql_control")
        import_module("projections.readmodel.mysql_server")
    if _is_engine(search_url):
        import_module("projections.readmodel.opensearch_store")
        import_module("projections.readmodel.opensearch_server")
    if not (_is_mysql(read_url) and _is_engine(search_url)):
        import_module("projections.readmodel.sqlite_control")
        import_module("projections.readmodel.divided")
        import_module("engines.sqlite_server")
    if words_url.startswith("redis://"):
        import_module("projections.readmodel.redis_server")


def tables_server(read_url: str) -> Server:
    """What keeps the read tables and the registry. Raises ReadModelUnavailable, WrongFormat."""
    if _is_mysql(read_url):
        from projections.readmodel.mysql_server import server

        return server(read_url)
    return _files(read_url)


def search_server(search_url: str) -> Server:
    """What keeps the search index. Raises ReadModelUnavailable, WrongFormat."""
    if _is_engine(search_url):
        from projections.readmodel.opensearch_server import server

        return server(search_url)
    return _files(search_url)


def words_server(url: str) -> Server:
    """What passes words on. Raises ReadModelUnavailable."""
    if url.startswith("redis://"):
        from projections.readmodel.redis_server import server

        return server(url)
    return Server(IN_PROCESS, None)


def tables_findings(place: str, url: str, seconds: float) -> list[Finding]:
    """What `parley doctor` finds at the read tables, which it calls `place`. Raises what the driver raises."""
    if _is_mysql(url):
        from engines.mysql_checks import mysql_findings

        return mysql_findings(place, url, seconds, durable=False)
    return _findings_of_files(place, url)


def search_findings(place: str, url: str, seconds: float, generation: int | None) -> list[Finding]:
    """What it finds at the index; `generation` is the live one, None if there is none yet.

    Raises ReadModelUnavailable, or what the driver raises.
    """
    if _is_engine(url):
        from projections.readmodel.opensearch_checks import opensearch_findings

        return opensearch_findings(place, url, seconds, generation)
    return _findings_of_files(place, url)


def words_findings(place: str, url: str, seconds: float) -> list[Finding]:
    """What it finds where words are passed on. Raises ReadModelUnavailable."""
    if url.startswith("redis://"):
        from projections.readmodel.redis_checks import redis_findings

        return redis_findings(place, url, seconds)
    return []


def _findings_of_files(place: str, url: str) -> list[Finding]:
    from engines.sqlite_checks import sqlite_findings

    return [
        finding
        for path in sorted(_folder(url).glob("*.db"))
        for finding in sqlite_findings(place, path, durable=False)
    ]


def _files(url: str) -> Server:
    from engines.sqlite_server import server

    open_control(url, makes=False).close()
    return server()


def _control(
    read_url: str,
    secret: bytes | None = None,
    elsewhere: Mapping[str, Elsewhere] | None = None,
    *,
    makes: bool = True,
) -> OwnedControl:
    if _is_mysql(read_url):
        from projections.readmodel.mysql_control import MySQLControl

        return MySQLControl(read_url, elsewhere, secret, makes=makes)
    from projections.readmodel.sqlite_control import SQLiteControl

    return SQLiteControl(_folder(read_url), elsewhere, makes=makes)


def _serving(read_url: str, name: str) -> Serving:
    if _is_mysql(read_url):
        from projections.readmodel.mysql_serving import MySQLServing

        return MySQLServing(read_url, name)
    from projections.readmodel.sqlite_serving import SQLiteServing

    return SQLiteServing(_folder(read_url), name)


def _is_mysql(url: str) -> bool:
    return url.startswith("mysql://")


def _is_engine(url: str) -> bool:
    return url.startswith(("http://", "https://"))


def _folder(url: str) -> Path:
    """The folder of a `sqlite:///relative` or `sqlite:////absolute` URL."""
    # Taken as it is, since a folder's name may hold what means something in other URLs.
    if not url.startswith("sqlite:///"):
        raise ValueError(f"no read model is known for {url}")
    return Path(url.removeprefix("sqlite:///"))
