"""Removes what lies below owners that are gone."""

from typing import Any

from opensearchpy import OpenSearch

from projections.readmodel.opensearch_bulk import send
from projections.readmodel.opensearch_client import translated
from projections.readmodel.opensearch_documents import Document, dropped
from projections.readmodel.opensearch_found import complete
from projections.readmodel.opensearch_index import write_alias


def purge(client: OpenSearch, index: str, limit: int) -> int:
    """Remove at most `limit` documents; how many they were: 0 if no owner is left to look below.

    The word that an owner is gone stays, for a bulk that was held up could still bring something back.
    """
    removed = finished = 0
    while removed < limit:
        owner = _next(client, index, {"term": {"purged": False}}, 1)
        if not owner:
            break
        source = owner[0]["_source"]
        below = {"owner": source["dropped"]} if "chat" in source else {"token": source["token"]}
        query = {"bool": {"filter": {"term": below}, "must_not": {"exists": {"field": "dropped"}}}}
        hits = _next(client, index, query, limit - removed)
        if hits:
            send(client, write_alias(index), map(_deleted, hits), refresh=True)
            removed += len(hits)
            continue
        done = dropped(source["dropped"], source["token"], source.get("chat"), purged=True)
        send(client, write_alias(index), [done], refresh=True)
        finished += 1
        if finished == limit:
            return max(removed, 1)
    return removed


def _next(client: OpenSearch, index: str, query: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    body = {"query": query, "size": limit, "sort": ["_doc"], "_source": ["dropped", "token", "chat"]}
    with translated():
        answer = complete(client.search(index=index, body=body))
    hits: list[dict[str, Any]] = answer["hits"]["hits"]
    return hits


def _deleted(hit: dict[str, Any]) -> Document:
    return Document(hit["_id"], hit["_routing"], 0, None)
