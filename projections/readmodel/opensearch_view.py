"""The search index on a search engine: reading one generation of it."""

import logging
from collections.abc import Iterator
from typing import Any

from opensearchpy import OpenSearch

from projections.readmodel.documents import body_of
from projections.readmodel.errors import ReadModelUnavailable
from projections.readmodel.norm import norm
from projections.readmodel.opensearch_documents import owner_of
from projections.readmodel.opensearch_found import complete
from projections.readmodel.opensearch_index import ONE, TWO
from projections.readmodel.reads import MOST_SECONDS
from projections.readmodel.views import Found, Hit, Page

logger = logging.getLogger(__name__)


class OpenSearchView:
    """Implements `views.SearchView`.

    The index may hold more than `position`: what was written and refreshed since that was read.
    """

    def __init__(self, client: OpenSearch, index: str, position: int) -> None:
        self._client = client
        self._index = index
        self._position = position

    @property
    def position(self) -> int:
        return self._position

    def find(self, token: str, chat: int, needle: str, page: Page) -> Found:
        body, params = question(token, chat, needle, page)
        answer = complete(self._client.search(index=self._index, body=body, params=params))
        if answer["aggregations"]["dropped"]["doc_count"]:
            return Found(0, [])
        hits = [_checked(hit, needle) for hit in _hits(answer)]
        return Found(answer["hits"]["total"]["value"], [hit for hit in hits if _is_on(hit, page)])


def question(token: str, chat: int, needle: str, page: Page) -> tuple[dict[str, Any], dict[str, str]]:
    """What the engine is asked: the body, and the parameters of the URL."""
    owner = owner_of(token, chat)
    phrase = {"match_phrase": {ONE if len(needle) == 1 else TWO: needle}}
    body: dict[str, Any] = {
        "query": {
            "bool": {
                "should": [
                    {"bool": {"filter": [{"term": {"owner": owner}}, phrase]}},
                    {"terms": {"dropped": [token, owner]}},
                ]
            }
        },
        "aggs": {"dropped": {"filter": {"exists": {"field": "dropped"}}}},
        "size": page.limit,
        "sort": [{"number": "desc" if page.descending else "asc"}],
        "track_total_hits": True,
        "_source": ["json"],
        "timeout": f"{MOST_SECONDS * 1000:.0f}ms",
    }
    # Unlike a filter on the number it leaves the total alone.
    if page.descending and page.before is not None:
        body["search_after"] = [page.before]
    elif not page.descending and page.after:
        body["search_after"] = [page.after]
    params = {"routing": f"{owner},{token}", "allow_partial_search_results": "false"}
    return body, params


def _hits(answer: dict[str, Any]) -> Iterator[Hit]:
    for hit in answer["hits"]["hits"]:
        json = hit["_source"]["json"].encode()
        yield Hit(hit["sort"][0], body_of(json), json)


def _checked(hit: Hit, needle: str) -> Hit:
    if needle not in norm(hit.body):
        # The index and `norm` disagree. Leaving it out would hide that, and the total would still count it.
        logger.error("the search engine found message %d, which does not contain %r", hit.number, needle)
        raise ReadModelUnavailable("the search index is wrong: it found what does not match")
    return hit


def _is_on(hit: Hit, page: Page) -> bool:
    """Whether it is within the page's bounds; the engine was told one of the two."""
    return hit.number > page.after and (page.before is None or hit.number < page.before)
