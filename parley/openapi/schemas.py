"""What bodies look like: of requests, from marshmallow's schemas; of answers, described here."""

from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow.fields import Field

from commands.http.schemas import (
    ApplicationBody,
    BatchBody,
    ChatBody,
    KeyBody,
    MessageBody,
    NewChatBody,
    NewMessageBody,
    Text,
)
from parley.openapi import texts

Schema = dict[str, Any]

BODIES = {
    "ApplicationBody": ApplicationBody,
    "KeyBody": KeyBody,
    "NewChatBody": NewChatBody,
    "ChatBody": ChatBody,
    "NewMessageBody": NewMessageBody,
    "BatchBody": BatchBody,
    "MessageBody": MessageBody,
}


def bodies() -> dict[str, Schema]:
    """The schemas of requests' bodies, by their names in the document."""
    plugin = MarshmallowPlugin()
    spec = APISpec("Parley", "", "3.1.0", plugins=[plugin])
    assert plugin.converter is not None  # apispec has told it of the version
    plugin.converter.add_attribute_function(_text)  # type: ignore[no-untyped-call]
    for name, body in BODIES.items():
        spec.components.schema(name, schema=body)
    made: dict[str, Schema] = spec.to_dict()["components"]["schemas"]
    return made


def _text(_converter: object, field: Field[Any], **_: Any) -> Schema:
    if not isinstance(field, Text):
        return {}
    pattern = texts.NO_NUL if field.blank else texts.WITH_INK
    return {"minLength": 1, "maxLength": field.most, "pattern": pattern}


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_NUMBER = {"type": "integer", "minimum": 1, "maximum": texts.MOST_NUMBER}
_COUNT = {"type": "integer", "minimum": 0}
_TIME = {"type": "string", "format": "date-time", "pattern": texts.TIME}
_TEXT = {"type": "string", "minLength": 1}
_TEXT_OR_NULL = {"type": ["string", "null"], "minLength": 1}
_TOKEN = {"type": "string", "pattern": texts.TOKEN}
_KEY_ID = {"type": "string", "pattern": texts.KEY_ID}
_SCOPE = {"type": "string", "enum": ["read", "write"]}
_TIMES = {"created_at": _TIME, "updated_at": _TIME}
_MESSAGE: dict[str, Schema] = {
    "number": _NUMBER,
    "body": _TEXT,
    "sender": _TEXT_OR_NULL,
    "version": _NUMBER,
    **_TIMES,
}
_HIGHLIGHTS = {
    "description": "Where the text was found: [start, end) in code points of body.",
    "type": "array",
    "items": {"type": "array", "items": _COUNT, "minItems": 2, "maxItems": 2},
}
_NEXT = {
    "description": "The path of the next page; null on the last one.",
    "type": ["string", "null"],
    "pattern": "^/applications",
}


def _list(item: str, **more: Schema) -> Schema:
    items = {"type": "array", "items": _ref(item), "maxItems": 100}
    return _object(items=items, **more, next=_NEXT)


ANSWERS: dict[str, Schema] = {
    "Application": _object(token=_TOKEN, name=_TEXT, chats_count=_COUNT, **_TIMES),
    "Chat": _object(
        number=_NUMBER,
        title=_TEXT_OR_NULL,
        messages_count=_COUNT,
        last_message_at={**_TIME, "type": ["string", "null"]},
        **_TIMES,
    ),
    "Message": _object(**_MESSAGE),
    "Batch": _object(first=_NUMBER, last=_NUMBER, count=_NUMBER),
    "Version": _object(version=_NUMBER, body=_TEXT, at=_TIME),
    "Hit": _object(**_MESSAGE, highlights=_HIGHLIGHTS),
    "Key": _object(id=_KEY_ID, scope=_SCOPE, created_at=_TIME),
    "NewKey": _object(id=_KEY_ID, scope=_SCOPE, key={"type": "string"}, created_at=_TIME),
    "Applications": _list("Application"),
    "Keys": _list("Key"),
    "Chats": _list("Chat"),
    "Messages": _list("Message"),
    "Versions": _list("Version"),
    "Hits": _list("Hit", total=_COUNT),
    "Alive": _object(alive={"const": True}),
    "Ready": {
        "type": "object",
        "properties": {"ready": {"type": "boolean"}},
        "required": ["ready"],
        "description": "Beside ready: the state of each server, and of each projection its lag.",
    },
    "Document": {"type": "object", "required": ["openapi", "info", "paths", "components"]},
    "Problem": {
        "type": "object",
        "description": "RFC 9457. Where type is a path, the page there explains it.",
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "errors": {
                "description": "What is wrong with the input: at a JSON pointer into the body, or at a parameter.",
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "pointer": {"type": "string", "format": "json-pointer"},
                        "parameter": {"type": "string"},
                        "detail": {"type": "string"},
                    },
                    "required": ["detail"],
                    "additionalProperties": False,
                },
            },
        },
        "required": ["type", "title", "status", "detail"],
        "additionalProperties": False,
    },
}
