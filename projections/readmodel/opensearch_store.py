"""The generations of the search index on a search engine: an index each."""

import re

from opensearchpy.exceptions import NotFoundError, RequestError

from engines.search_url import parse_search
from projections.readmodel.elsewhere import Checkpoints
from projections.readmodel.errors import ReadModelUnavailable, WrongFormat
from projections.readmodel.opensearch_bulk import AT_ONCE
from projections.readmodel.opensearch_client import connect, translated
from projections.readmodel.opensearch_generation import OpenSearchGeneration
from projections.readmodel.opensearch_index import FORMAT, index_body, index_name, write_alias
from projections.readmodel.store import Generation

WRITE_SECONDS = 30.0
_EXISTS = "resource_already_exists_exception"
_MISSING = "index_not_found_exception"


class OpenSearchStore:
    """Implements `elsewhere.Elsewhere`; asks nothing of the engine before it has to."""

    def __init__(self, url: str) -> None:
        """Raises ValueError."""
        self._url = parse_search(url)
        self._client = connect(self._url, WRITE_SECONDS, connections=4)

    def make(self, number: int) -> None:
        index = index_name(self._url.prefix, number)
        body = {**index_body(self._url), "aliases": {write_alias(index): {}}}
        with translated():
            try:
                self._client.indices.create(index=index, body=body)
            except RequestError as error:
                if error.error != _EXISTS:
                    raise

    def there(self, number: int) -> bool:
        """Raises WrongFormat for one that another program made."""
        index = index_name(self._url.prefix, number)
        with translated():
            try:
                found = self._client.indices.get_mapping(index=index)
            except NotFoundError as error:
                # Of the engine itself: a gateway without one behind it may say 404, too.
                if error.error != _MISSING:
                    raise
                return False
        if index not in found:
            raise ReadModelUnavailable("what answers in the search engine's place is none")
        known = found[index]["mappings"].get("_meta", {}).get("format")
        if known != FORMAT:
            raise WrongFormat(
                f"index {index} has format {known}, this program knows {FORMAT}: upgrade Parley"
            )
        return True

    def numbers(self) -> list[int]:
        with translated():
            names = self._client.indices.get_alias(index=f"{self._url.prefix}_g*")
        pattern = re.compile(rf"{re.escape(self._url.prefix)}_g([1-9]\d*)")
        return sorted(int(match[1]) for name in names if (match := pattern.fullmatch(name)))

    def remove(self, number: int) -> None:
        with translated():
            self._client.indices.delete(
                index=index_name(self._url.prefix, number), params={"ignore_unavailable": "true"}
            )

    def generation(self, number: int, checkpoints: Checkpoints, *, must_be_live: bool) -> Generation:
        return OpenSearchGeneration(
            connect(self._url, WRITE_SECONDS, connections=AT_ONCE + 1),
            index_name(self._url.prefix, number),
            number,
            checkpoints,
            must_be_live=must_be_live,
            pace=self._url.pace,
        )

    def close(self) -> None:
        self._client.close()
