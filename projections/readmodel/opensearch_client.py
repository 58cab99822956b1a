"""How OpenSearch and Elasticsearch are reached, and what the driver's errors mean."""

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from opensearchpy import OpenSearch
from opensearchpy.exceptions import OpenSearchException, TransportError

from engines.search_url import SearchUrl
from projections.readmodel.errors import ReadModelUnavailable


@contextmanager
def translated() -> Iterator[None]:
    """The driver's errors become ReadModelUnavailable: whatever it is, the engine may answer better later."""
    try:
        yield
    except OpenSearchException as error:
        raise ReadModelUnavailable(f"the search engine: {error}") from error


def connect(url: SearchUrl, seconds: float, connections: int = 1) -> OpenSearch:
    """A client for as many threads as `connections`; an answer that takes longer than `seconds` is an error.

    Nothing is asked yet, and nothing is ever asked twice: only who asks knows whether that is safe.
    """
    # It logs each refusal as a warning, before anybody has looked whether it is one.
    logging.getLogger("opensearch").setLevel(logging.ERROR)
    return OpenSearch(
        hosts=[{"host": url.host, "port": url.port}],
        http_auth=(url.user, url.password) if url.user else None,
        use_ssl=url.https,
        ssl_context=ssl.create_default_context(cafile=url.ca) if url.https else None,
        timeout=seconds,
        max_retries=0,
        pool_maxsize=connections,
    )


def status_of(error: TransportError) -> int:
    """The status of the answer; 0 if there was none."""
    return error.status_code if isinstance(error.status_code, int) else 0
