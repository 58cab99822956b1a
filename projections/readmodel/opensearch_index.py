"""The index of one generation: its name, its fields, and how text becomes terms."""

from typing import Any

from engines.search_url import SearchUrl

FORMAT = 1

ONE, TWO = "text", "text.pairs"
"""The field whose terms are the code points of a text, and the one whose terms are each two neighbours."""

_TERM = {"type": "keyword", "doc_values": False}
_KEPT = {"type": "keyword", "index": False, "doc_values": False}

_FIELDS: dict[str, Any] = {
    "token": {"type": "keyword"},
    "chat": {"type": "long"},
    "number": {"type": "long"},
    # Of the fact behind the document.
    "position": {"type": "long"},
    # `token/chat`, for the search in one chat.
    "owner": _TERM,
    # The normalised body. Phrases of its terms are its substrings; nothing is scored, so no norms.
    "text": {
        "type": "text",
        "analyzer": "one",
        "norms": False,
        "fields": {"pairs": {"type": "text", "analyzer": "two", "norms": False}},
    },
    # The message as readers get it.
    "json": _KEPT,
    # Why the engine refused the message; the document then has no text.
    "parked": {"type": "keyword", "index": False},
    # The owner (`token/chat` or `token`) that is gone, and whether all below it is, too.
    "dropped": {"type": "keyword"},
    "purged": {"type": "boolean"},
    # How far the index has followed the log, for sure.
    "mark": _KEPT,
}


def index_name(prefix: str, number: int) -> str:
    """The index of a generation; 0 is the scratch generation's."""
    return f"{prefix}_g{number}"


def write_alias(index: str) -> str:
    """The name to write under: writing to the index itself would make one that is gone anew, with guessed fields."""
    return f"{index}_write"


def index_body(url: SearchUrl) -> dict[str, Any]:
    """Settings and fields of a new index; only explicit refreshes show readers what was written."""
    replicas = (
        {"auto_expand_replicas": "0-1"} if url.replicas is None else {"number_of_replicas": url.replicas}
    )
    return {
        "settings": {
            "number_of_shards": url.shards,
            "refresh_interval": "-1",
            **replicas,
            "analysis": {
                # No `token_chars`: every code point counts, white space and marks included.
                "tokenizer": {
                    "one": {"type": "ngram", "min_gram": 1, "max_gram": 1, "token_chars": []},
                    "two": {"type": "ngram", "min_gram": 2, "max_gram": 2, "token_chars": []},
                },
                "analyzer": {
                    "one": {"type": "custom", "tokenizer": "one"},
                    "two": {"type": "custom", "tokenizer": "two"},
                },
            },
        },
        "mappings": {
            "dynamic": "strict",
            "_meta": {"format": FORMAT},
            "_routing": {"required": True},
            "properties": _FIELDS,
        },
    }
