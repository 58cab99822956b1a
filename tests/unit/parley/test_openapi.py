"""The document says what there is: the routes, the schemas, the problems."""

import re
from typing import Any

import jsonschema_rs
import pytest
from msgspec.structs import fields

from commands.answers import ApplicationAnswer, BatchAnswer, ChatAnswer, KeyAnswer
from commands.http.schemas import NewMessageBody
from parley.dispatch import ALLOWED
from parley.openapi import examples, schemas, texts
from parley.openapi.document import described, document, path_of
from parley.openapi.operations import OPERATIONS
from web.policy import NEEDS, Need
from web.problem import KINDS

DOCUMENT = described()
CHARACTERS = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]


def test_it_names_exactly_the_routes_that_there_are() -> None:
    """HEAD comes with GET and OPTIONS with all: both by one rule, which the description tells."""
    served = {(t, m) for t, methods in ALLOWED.items() for m in methods if m not in ("HEAD", "OPTIONS")}
    assert set(OPERATIONS) == served
    listed = {(path, method.upper()) for path, item in DOCUMENT["paths"].items() for method in item}
    assert listed == {(path_of(template), method) for template, method in served}


def test_it_is_the_same_in_every_process() -> None:
    assert document() is document()


def test_all_that_is_referred_to_is_there() -> None:
    for reference in re.findall(r'"#/([^"]+)"', document().decode()):
        found: Any = DOCUMENT
        for name in reference.split("/"):
            found = found[name]
        assert found


def test_nothing_is_described_that_nobody_refers_to() -> None:
    text = document().decode()
    for section in ("schemas", "parameters", "responses"):
        for name in DOCUMENT["components"][section]:
            assert f'"#/components/{section}/{name}"' in text, (section, name)


def test_operations_have_names_of_their_own() -> None:
    names = [operation.id for operation in OPERATIONS.values()]
    assert len({*names}) == len(names)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("Application", ApplicationAnswer),
        ("Chat", ChatAnswer),
        ("Batch", BatchAnswer),
        ("NewKey", KeyAnswer),
    ],
)
def test_answers_are_described_as_they_are_made(name: str, answer: Any) -> None:
    assert schemas.ANSWERS[name]["required"] == [field.name for field in fields(answer)]


def test_who_needs_a_key_is_told_as_the_policy_has_it() -> None:
    for (template, method), needed in NEEDS.items():
        operation = DOCUMENT["paths"][path_of(template)][method.lower()]
        assert operation["security"] == ([{"key": []}] if needed is Need.ADMIN else [{}, {"key": []}])
        assert "401" in operation["responses"]
        assert ("403" in operation["responses"]) is (needed is not Need.ADMIN)


def test_every_problem_is_described_but_405() -> None:
    told = {kind.slug for status, kind in KINDS.items() if status != 405}
    assert DOCUMENT["components"]["responses"].keys() == told


def resolved(schema: dict[str, Any]) -> jsonschema_rs.Validator:
    """A validator for a schema that refers to the document's components."""
    return jsonschema_rs.validator_for({**schema, "components": DOCUMENT["components"]})


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: operation.id)
def test_examples_are_as_their_schemas_say(operation: Any) -> None:
    for name, example in ((operation.body, examples.BODIES), (operation.answer, examples.ANSWERS)):
        if operation.id in example:
            resolved({"$ref": f"#/components/schemas/{name}"}).validate(example[operation.id])


def test_white_space_is_what_the_rules_hold_to_be() -> None:
    white = re.compile(f"[{texts.WHITE}]")
    assert [c for c in CHARACTERS if white.match(c)] == [c for c in CHARACTERS if c.isspace()]


@pytest.mark.parametrize(
    "text", ["x", " x", "x\n", "é\u0301", "\u0301", " ", "\n", "\u3000", "", "a\0", "x" * 10_001]
)
def test_the_schema_of_a_text_takes_what_the_api_takes(text: str) -> None:
    taken = NewMessageBody().right({"body": text, "sender": None}) is not None and "\0" not in text
    assert resolved({"$ref": "#/components/schemas/NewMessageBody"}).is_valid({"body": text}) is taken
