"""The search index on a search engine: reading one generation of it."""

import logging
from collections.abc import Iterator
from itertools import islice
from time import monotonic
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

LONGEST = 1000
"""Code points of a phrase; Lucene's own limit is 1,024 terms. Only needles that `norm` made longer are longer."""
_CANDIDATES = 100


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
        if len(needle) > LONGEST:
            return self._find_long(token, chat, needle, page)
        answer = self._search(token, chat, [needle], page)
        if answer["aggregations"]["dropped"]["doc_count"]:
            return Found(0, [])
        hits = [_checked(hit, needle) for hit in _hits(answer)]
        return Found(answer["hits"]["total"]["value"], [hit for hit in hits if _is_on(hit, page)])

    def _find_long(self, token: str, chat: int, needle: str, page: Page) -> Found:
        """A text that has all parts of the needle need not have all of it: each candidate is looked at."""
        parts = [needle[start : start + LONGEST] for start in range(0, len(needle) - LONGEST, LONGEST)]
        candidates = self._candidates(token, chat, [*parts, needle[-LONGEST:]], page.descending)
        found = [hit for hit in candidates if needle in norm(hit.body)]
        return Found(len(found), list(islice((hit for hit in found if _is_on(hit, page)), page.limit)))

    def _candidates(self, token: str, chat: int, parts: list[str], descending: bool) -> Iterator[Hit]:
        deadline = monotonic() + MOST_SECONDS
        page = Page(_CANDIDATES, descending=descending)
        while True:
            answer = self._search(token, chat, parts, page)
            hits = list(_hits(answer))
            if not hits or answer["aggregations"]["dropped"]["doc_count"]:
                return
            yield from hits
            if monotonic() > deadline:
                raise ReadModelUnavailable("the candidates of a long search are too many")
            last = hits[-1].number
            page = page._replace(before=last) if descending else page._replace(after=last)

    def _search(self, token: str, chat: int, parts: list[str], page: Page) -> dict[str, Any]:
        owner = owner_of(token, chat)
        phrases = [{"match_phrase": {ONE if len(part) == 1 else TWO: part}} for part in parts]
        body: dict[str, Any] = {
            "query": {
                "bool": {
                    "should": [
                        {"bool": {"filter": [{"term": {"owner": owner}}, *phrases]}},
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
        return complete(self._client.search(index=self._index, body=body, params=params))


def _hits(answer: dict[str, Any]) -> Iterator[Hit]:
    for hit in answer["hits"]["hits"]:
        if "json" in hit["_source"]:
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
