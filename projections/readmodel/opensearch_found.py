"""Answers of the search engine that must not be short."""

from typing import Any

from projections.readmodel.errors import ReadModelUnavailable


def complete(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, if all shards gave theirs in time. Raises ReadModelUnavailable: part of it looks like all of it."""
    shards = answer.get("_shards")
    if not isinstance(shards, dict):
        raise ReadModelUnavailable("what answers in the search engine's place is none")
    if shards["failed"] or answer.get("timed_out"):
        raise ReadModelUnavailable(
            f"the search engine answered in part: {shards['failed']} of {shards['total']} shards failed"
            f"{', or it took too long' if answer.get('timed_out') else ''}"
        )
    return answer
