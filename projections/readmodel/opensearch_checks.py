"""Whether the search engine is well, and its live index has the fields that this program gives it."""

import time
from contextlib import closing
from typing import Any

from opensearchpy import OpenSearch
from opensearchpy.exceptions import NotFoundError

from engines.finding import Finding, clock_finding, disk_finding
from engines.search_url import parse_search
from projections.readmodel.opensearch_client import connect, translated
from projections.readmodel.opensearch_index import index_body, index_name

_ANEW = "parley replay search: it makes a new index from the log and swaps."


def opensearch_findings(place: str, url: str, seconds: float, generation: int | None) -> list[Finding]:
    """`generation` is the live one. Raises ReadModelUnavailable."""
    where = parse_search(url)
    with translated(), closing(connect(where, seconds)) as client:
        found = _health(place, client)
        if generation is not None:
            wanted = index_body(where)["mappings"]
            found += _mapping(place, client, index_name(where.prefix, generation), wanted)
        return found + _nodes(place, client)


def _health(place: str, client: OpenSearch) -> list[Finding]:
    status = client.cluster.health()["status"]
    if status != "red":
        return []
    return [
        Finding(
            "error",
            place,
            "the cluster's health is red: parts of indices are missing",
            "GET /_cluster/allocation/explain says why; bring the missing node back, or parley replay search.",
        )
    ]


def _mapping(place: str, client: OpenSearch, index: str, wanted: dict[str, Any]) -> list[Finding]:
    try:
        answer = client.indices.get_mapping(index=index)
    except NotFoundError:
        return [Finding("error", place, f"the live index {index} is gone", _ANEW)]
    found = []
    # One name, or an alias of one.
    for name, body in answer.items():
        mapping = body["mappings"]
        if mapping.get("dynamic") != "strict":
            told = f"the mapping of {name} is not strict: fields may be guessed"
            found.append(Finding("error", place, told, _ANEW))
        fields, expected = mapping.get("properties", {}), wanted["properties"]
        wrong = sorted(
            field for field in fields.keys() | expected.keys() if fields.get(field) != expected.get(field)
        )
        if wrong:
            told = f"{name} has other fields than expected: {', '.join(wrong)}"
            found.append(Finding("error", place, told, _ANEW))
    return found


def _nodes(place: str, client: OpenSearch) -> list[Finding]:
    before = time.time()
    nodes = client.nodes.stats(metric="fs")["nodes"]
    after = time.time()
    found = []
    for node in nodes.values():
        total = node["fs"]["total"]
        found += disk_finding(place, total["available_in_bytes"], total["total_in_bytes"])
        # The engine may answer with what it has measured up to a second ago.
        found += clock_finding(place, node["timestamp"] / 1000, before - 1, after)
    return found
