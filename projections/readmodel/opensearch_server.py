"""Which search engine there is."""

from contextlib import closing

from engines.search_url import parse_search
from engines.server import Server
from projections.readmodel.errors import ReadModelUnavailable
from projections.readmodel.opensearch_client import connect, translated

ANSWER_SECONDS = 5


def server(url: str) -> Server:
    """Raises ReadModelUnavailable."""
    with translated(), closing(connect(parse_search(url), ANSWER_SECONDS)) as client:
        found = client.info().get("version")
    if not isinstance(found, dict) or "number" not in found:
        raise ReadModelUnavailable("what answers in the search engine's place is none")
    # Elasticsearch does not name itself.
    kind = "OpenSearch" if found.get("distribution") == "opensearch" else "Elasticsearch"
    return Server(kind, str(found["number"]))
