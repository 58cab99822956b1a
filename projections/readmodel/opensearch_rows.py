"""Everything that a reader could see, in the order of its keys."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from opensearchpy import OpenSearch
from opensearchpy.exceptions import OpenSearchException

from projections.readmodel.errors import ReadModelUnavailable
from projections.readmodel.opensearch_client import translated
from projections.readmodel.opensearch_documents import checkpoint_of, owner_of
from projections.readmodel.opensearch_found import complete
from projections.readmodel.store import Checkpoint

_PAGE_BYTES = 16 << 20
_PAGE = (250, 5_000)
_KEPT_FOR = "10m"

# A mark has no token, and an owner's end no number: each comes before what it is about.
_ORDER = [{name: {"order": "asc", "missing": "_first"}} for name in ("token", "chat", "number")]

Rows = Iterator[tuple[str, bytes]]


class Torn(ReadModelUnavailable):
    """What is visible just now is no state that the index has followed to."""


@contextmanager
def snapshot(client: OpenSearch, index: str, searchable: int) -> Iterator[tuple[Checkpoint, Rows]]:
    """How far one snapshot is, and its rows. Raises Torn, for instance if it is further than `searchable`.

    A scroll: it is the one kind of snapshot that all three engines have.
    """
    body = {
        "size": _page(client, index),
        "query": {"match_all": {}},
        "sort": _ORDER,
        "_source": ["token", "chat", "number", "text", "json", "dropped", "mark"],
        "aggs": {"last": {"max": {"field": "position"}}},
    }
    with translated():
        page = complete(client.search(index=index, body=body, params={"scroll": _KEPT_FOR}))
    try:
        sources = _sources(client, page)
        first = next(sources, None)
        reached = checkpoint_of(first) if first and "mark" in first else Checkpoint()
        last = page["aggregations"]["last"]["value"] or 0
        if not last <= reached.position <= searchable:
            raise Torn(f"{index} shows {last:.0f}, is at {reached.position}, and {searchable} is searchable")
        yield reached, _living(sources)
    finally:
        # The engine forgets it by itself, too.
        with suppress(OpenSearchException):
            client.clear_scroll(body={"scroll_id": [page["_scroll_id"]]})


def _page(client: OpenSearch, index: str) -> int:
    """How many documents to ask for at a time: for each page the engine goes through all of them.

    With 250 a million took half an hour [measured]; with large ones a page must still fit into memory.
    """
    with translated():
        found = complete(client.indices.stats(index=index, metric="docs,store"))["_all"]["primaries"]
    average: int = found["store"]["size_in_bytes"] // max(1, found["docs"]["count"])
    least, most = _PAGE
    return max(least, min(most, _PAGE_BYTES // max(1, average)))


def _sources(client: OpenSearch, page: dict[str, Any]) -> Iterator[dict[str, Any]]:
    while page["hits"]["hits"]:
        for hit in page["hits"]["hits"]:
            yield hit["_source"]
        with translated():
            page = complete(client.scroll(body={"scroll_id": page["_scroll_id"], "scroll": _KEPT_FOR}))


def _living(sources: Iterator[dict[str, Any]]) -> Rows:
    token_gone = chat_gone = ""
    for source in sources:
        token: str = source["token"]
        chat: Any = source.get("chat")
        if "dropped" in source:
            if chat is None:
                token_gone = token
            else:
                chat_gone = source["dropped"]
        elif "json" in source and token != token_gone and owner_of(token, chat) != chat_gone:
            key = f"document {token} {chat:018d} {source['number']:018d}"
            yield key, f"{source['json']}\n{source['text']}".encode()
