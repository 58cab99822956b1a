"""The messages that the search engine refused."""

from opensearchpy import OpenSearch

from projections.readmodel.opensearch_client import translated
from projections.readmodel.opensearch_found import complete

_NAMED = 100


def parked_messages(client: OpenSearch, index: str) -> list[str]:
    """Which they are and why, the first hundred of them; a later version that was taken ends it."""
    body = {
        "query": {"exists": {"field": "parked"}},
        "size": _NAMED,
        "sort": ["token", "chat", "number"],
        "track_total_hits": True,
        "_source": ["token", "chat", "number", "parked"],
    }
    with translated():
        hits = complete(client.search(index=index, body=body))["hits"]
    sources = [hit["_source"] for hit in hits["hits"]]
    named = [
        f"message {one['token']}/{one['chat']}/{one['number']} can't be found, the engine refused it:"
        f" {one['parked']!r}"
        for one in sources
    ]
    more = hits["total"]["value"] - len(named)
    return [*named, *([f"and {more} more messages"] if more else [])]
