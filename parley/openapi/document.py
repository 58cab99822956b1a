"""The whole document, put together."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import orjson

from parley import __version__
from parley.openapi import examples, schemas
from parley.openapi.headers import HEADERS
from parley.openapi.operations import JSON, OPERATIONS, Operation
from parley.openapi.parameters import CONDITIONS, PARAMETERS, refs
from parley.openapi.responses import problems, responses
from web.policy import Need, need

_FIELD = re.compile(r"\{(\w+)(?::\w+)?\}")
_DESCRIPTION = """\
Applications hold chats, chats hold messages. All numbers and fields are decided and durable before a command is \
answered.

Wherever there is GET there is HEAD, and OPTIONS everywhere; a method that a path does not have is answered 405 with \
Allow. Neither is listed. Paths have one spelling, and unknown fields and parameters are refused.

Keys: routes of the admin need the admin key, if one is configured. An application's other routes need one of its \
keys from its first one on; before, its token is enough.
"""


@cache
def document() -> bytes:
    """The bytes of `/openapi.json`, made once."""
    return orjson.dumps(described())


def described() -> dict[str, Any]:
    """The document as an object."""
    paths: dict[str, dict[str, Any]] = {}
    for (template, method), operation in OPERATIONS.items():
        paths.setdefault(path_of(template), {})[method.lower()] = _operation(template, method, operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Parley",
            "version": __version__,
            "description": _DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": {**schemas.bodies(), **schemas.ANSWERS},
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "responses": problems(),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The admin key, or a key of the application.",
                }
            },
        },
    }


def path_of(template: str) -> str:
    """The URI template as OpenAPI spells it: without converters."""
    return _FIELD.sub(r"{\1}", template)


def _operation(template: str, method: str, operation: Operation) -> dict[str, Any]:
    fields, needed = _FIELD.findall(template), need(template, method)
    described: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": refs(*fields, *operation.parameters, *CONDITIONS),
        "responses": responses(operation, method, needed, bool(fields)),
        "security": _security(needed),
    }
    if operation.body:
        described["requestBody"] = {
            "required": operation.body_needed,
            "content": {
                JSON: {
                    "schema": {"$ref": f"#/components/schemas/{operation.body}"},
                    "example": examples.BODIES[operation.id],
                }
            },
        }
    if operation.makes:
        described["responses"]["201"]["links"] = dict(_links(fields, operation.makes))
    return described


def _security(needed: Need) -> list[Mapping[str, Any]]:
    if needed is Need.OPEN:
        return []
    # Before its first key the token of an application is enough.
    return [{"key": []}] if needed is Need.ADMIN else [{}, {"key": []}]


def _links(fields: list[str], makes: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """To every operation on the new thing, and on what is directly in it."""
    known = {field: f"$request.path.{field}" for field in fields}
    known |= {field: f"$response.body#/{name}" for field, name in makes.items()}
    for (template, _), operation in OPERATIONS.items():
        if set(_FIELD.findall(template)) == known.keys():
            yield operation.id, {"operationId": operation.id, "parameters": known}
