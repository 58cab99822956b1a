"""What operations answer: how it goes well, and each problem that may come instead."""

from typing import Any

import orjson

from parley.openapi import examples
from parley.openapi.headers import refs
from parley.openapi.operations import JSON, Operation
from web.policy import Need
from web.problem import KINDS, MEDIA_TYPE, document

_EVERYWHERE = (400, 412, 422, 429, 500, 503, 505)
_HEADERS = {401: ("WWW-Authenticate",), 409: ("Retry-After",), 429: ("Retry-After",), 503: ("Retry-After",)}
# 405 belongs to methods that no operation has.
LISTED = tuple(status for status in KINDS if status != 405)


def problems() -> dict[str, Any]:
    """The component of each problem that operations refer to, by its slug."""
    return {KINDS[status].slug: _problem(status) for status in LISTED}


def _problem(status: int) -> dict[str, Any]:
    kind = KINDS[status]
    return {
        "description": f"[{kind.title}]({kind.type}): {kind.meaning}",
        "headers": refs(*_HEADERS.get(status, ()), always=False),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": orjson.loads(document(status)),
            }
        },
    }


def statuses(operation: Operation, method: str, need: Need, in_path: bool) -> tuple[int, ...]:
    """The statuses of the problems that it may answer; `in_path`: whether its path has fields."""
    found = {*_EVERYWHERE, *operation.statuses}
    if need is not Need.OPEN:
        found.add(401)
    if need in (Need.READ, Need.WRITE):
        found.add(403)
    if in_path:
        found.add(404)
    if method != "GET":
        found |= {413}
    if operation.body:
        found |= {415}
    return tuple(sorted(found))


def responses(operation: Operation, method: str, need: Need, in_path: bool) -> dict[str, Any]:
    """All answers by status, without links."""
    answers: dict[str, Any] = {str(operation.status): _success(operation)}
    if method == "GET":
        answers["304"] = {
            "description": "What If-None-Match names is what there is.",
            "headers": refs(),
        }
    for status in statuses(operation, method, need, in_path):
        answers[str(status)] = {"$ref": f"#/components/responses/{KINDS[status].slug}"}
    if operation.id == "readyz":
        unready = {**_success(operation), "description": "It can't, or waits for what it needs."}
        unready["headers"] = refs("Retry-After")
        answers["503"] = unready
    return answers


def _success(operation: Operation) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": {200: "As asked.", 201: "Made, and durable.", 204: "Deleted."}[operation.status],
        "headers": refs(*operation.headers),
    }
    if operation.answer:
        content: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{operation.answer}"}}
        if operation.id in examples.ANSWERS:
            content["example"] = examples.ANSWERS[operation.id]
        answer["content"] = {JSON: content}
    elif operation.status == 200:
        answer["content"] = {operation.media_type: {}}
    return answer
