"""What requests may carry beside their bodies."""

from typing import Any

from parley.openapi import examples, texts
from queries.http.listing import DEFAULT_LIMIT, MAX_LIMIT, MAX_NUMBER, ORDERS
from queries.http.reading import MAX_POSITION
from queries.http.search import MAX_QUERY
from web.problem import KINDS

Parameter = dict[str, Any]


def _parameter(name: str, place: str, description: str, schema: dict[str, Any], **more: Any) -> Parameter:
    return {"name": name, "in": place, "description": description, "schema": schema, **more}


def _path(name: str, description: str, schema: dict[str, Any], example: Any) -> Parameter:
    return _parameter(name, "path", description, schema, required=True, example=example)


def _number(least: int, most: int, **more: Any) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most, **more}


def _order(options: tuple[str, ...], default: str) -> Parameter:
    schema = {"type": "string", "enum": list(options), "default": default}
    return _parameter("order", "query", "In which order the list goes.", schema)


_NUMBERS = _number(1, MAX_NUMBER)
_TAGS = {"anyOf": [{"const": "*"}, {"type": "string", "pattern": texts.TAGS}]}

PARAMETERS: dict[str, Parameter] = {
    # Of paths, by the names that the templates have.
    "token": _path(
        "token",
        "The token of an application.",
        {"type": "string", "pattern": texts.TOKEN},
        examples.TOKEN,
    ),
    "key": _path("key", "The id of a key.", {"type": "string", "pattern": texts.KEY_ID}, examples.KEY_ID),
    "chat": _path("chat", "The number of a chat.", _NUMBERS, 1),
    "message": _path("message", "The number of a message.", _NUMBERS, 1),
    "problem": _path(
        "problem",
        "A type of problem.",
        {"type": "string", "enum": [kind.slug for kind in KINDS.values()]},
        "not-found",
    ),
    "file": _path("file", "A file of the page.", {"type": "string", "pattern": "^[a-z0-9.-]+$"}, "page.js"),
    # Of queries.
    "limit": _parameter("limit", "query", "How many at most.", _number(1, MAX_LIMIT, default=DEFAULT_LIMIT)),
    "after": _parameter("after", "query", "Only numbers above this one.", _number(0, MAX_NUMBER)),
    "before": _parameter("before", "query", "Only numbers below this one.", _number(0, MAX_NUMBER)),
    "order": _order(ORDERS, "asc"),
    "orderOfChats": _order((*ORDERS, "recent"), "asc"),
    "orderOfHits": _order(ORDERS, "desc"),
    "cursor": _parameter(
        "cursor", "query", "Where the page starts: as the last page's next has it.", {"type": "string"}
    ),
    "q": _parameter(
        "q",
        "query",
        "The text to look for, whatever its case and accents.",
        {"type": "string", "minLength": 1, "maxLength": MAX_QUERY, "pattern": texts.SEARCHABLE},
        required=True,
        example="CREME",
    ),
    "min_position": _parameter(
        "min_position",
        "query",
        "As Min-Log-Position; the larger of the two counts.",
        _number(0, MAX_POSITION),
    ),
    "verbose": _parameter(
        "verbose",
        "query",
        "Tell all there is to tell; it takes no value.",
        {"type": "string", "enum": [""]},
        allowEmptyValue=True,
    ),
    # Headers.
    "minLogPosition": _parameter(
        "Min-Log-Position",
        "header",
        "Answer only from what includes this position of the log, or with 503 once waiting is over.",
        {"type": "string", "pattern": texts.POSITION},
        example="0",
    ),
    "prefer": _parameter(
        "Prefer",
        "header",
        "wait=seconds: how long a read may wait, at most 5 (RFC 7240).",
        {"type": "string"},
        example="wait=2",
    ),
    "ifMatch": _parameter(
        "If-Match",
        "header",
        "Only if the version is one of these.",
        _TAGS,
        example="*",
    ),
    "ifNoneMatch": _parameter(
        "If-None-Match",
        "header",
        "Only if the version is none of these.",
        _TAGS,
        example='"7"',
    ),
    "idempotencyKey": _parameter(
        "Idempotency-Key",
        "header",
        "A name for this request: sent again it is answered as before, and done once. Kept for 24 hours at least.",
        {"type": "string", "minLength": 1, "maxLength": 255, "pattern": texts.COMMAND_KEY},
        example="order-17",
    ),
}

CONDITIONS = ("ifMatch", "ifNoneMatch")
FRESHNESS = ("min_position", "minLogPosition", "prefer")
PAGE = ("limit", "after", "before")


def refs(*names: str) -> list[dict[str, str]]:
    """References to the parameters of these names."""
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]
