"""Reads of the search index on a search engine, from an event loop."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from opensearchpy import OpenSearch

from engines.search_url import parse_search
from projections.readmodel.elsewhere import Serving
from projections.readmodel.opensearch_client import connect, translated
from projections.readmodel.opensearch_index import index_name
from projections.readmodel.opensearch_view import OpenSearchView
from projections.readmodel.reads import MOST_SECONDS
from projections.readmodel.snapshot_answers import SnapshotAnswers
from projections.readmodel.threaded_reads import ThreadedReads
from projections.readmodel.views import SearchView


class OpenSearchReads(ThreadedReads[SearchView]):
    """Implements `reads.OwnedReads` for one event loop."""

    def __init__(
        self, url: str, open_serving: Callable[[], Serving], *, threads: int, most_waiting: int
    ) -> None:
        """Each thread asks for what is live by a `Serving` of its own, and then the engine. Raises ValueError."""
        target = parse_search(url)
        self._client = connect(target, MOST_SECONDS, connections=threads)
        super().__init__(
            "search",
            lambda: SnapshotAnswers(_Session(self._client, target.prefix, open_serving())),
            threads=threads,
            most_jobs=1,
            most_waiting=most_waiting,
        )

    def close(self) -> None:
        super().close()
        self._client.close()


class _Session:
    """Implements `snapshot_answers.Session`."""

    def __init__(self, client: OpenSearch, prefix: str, serving: Serving) -> None:
        self._client = client
        self._prefix = prefix
        self._serving = serving

    @contextmanager
    def snapshot(self) -> Iterator[tuple[SearchView, int]]:
        # The position first: the index may have more by the time that it is asked, never less.
        number, position = self._serving.served()
        yield OpenSearchView(self._client, index_name(self._prefix, number), position), position

    def translated(self) -> AbstractContextManager[None]:
        return translated()

    def close(self) -> None:
        self._serving.close()
