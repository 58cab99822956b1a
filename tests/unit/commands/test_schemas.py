"""The quick look at a body accepts exactly what marshmallow accepts, and gives the same fields."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from commands.http.schemas import (
    BATCH_LENGTH,
    ApplicationBody,
    BatchBody,
    Body,
    ChatBody,
    MessageBody,
    NewChatBody,
    NewMessageBody,
    load,
)
from web.problem import MAX_ERRORS, Problem

texts = st.text(max_size=4) | st.sampled_from([" ", "x" * 255, "x" * 256, "x" * 10_000, "x" * 10_001])
values = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.lists(texts, max_size=2)
names = st.sampled_from(["body", "sender", "title", "name", "other", "_schema"])
bodies = st.dictionaries(names, values, max_size=3) | values


@pytest.mark.parametrize("kind", [ApplicationBody, NewChatBody, ChatBody, NewMessageBody, MessageBody])
def test_it_accepts_what_marshmallow_accepts(kind: type[Body]) -> None:
    schema = kind()

    @given(bodies)
    def same(value: Any) -> None:
        try:
            expected = schema.load(value)
        except ValidationError:
            expected = None
        assert schema.right(value) == expected

    same()


def test_what_is_wrong_is_told_by_its_place() -> None:
    with pytest.raises(Problem) as caught:
        load(NewMessageBody(), {"body": " ", "sender": 5, "more": 1})
    assert {error["pointer"] for error in caught.value.errors} == {"/body", "/sender", "/more"}


def test_what_is_wrong_is_told_in_the_order_of_the_body() -> None:
    """Not in that of a set, which each process has for itself."""
    unknown = [f"field{number}" for number in range(10)]
    with pytest.raises(Problem) as caught:
        load(NewMessageBody(), {**dict.fromkeys(unknown), "sender": 5})
    told = [error["pointer"] for error in caught.value.errors]
    assert told == ["/body", *(f"/{name}" for name in unknown), "/sender"]


class Watched(list[Any]):
    """A list that knows how many of its items were looked at."""

    seen = 0

    def __iter__(self) -> Iterator[Any]:
        for item in super().__iter__():
            self.seen += 1
            yield item


def refused(schema: Body, value: Any) -> list[str]:
    with pytest.raises(Problem) as caught:
        load(schema, value)
    assert caught.value.status == 422
    return [error["pointer"] for error in caught.value.errors]


def test_x08_a_list_that_is_too_long_is_not_looked_into() -> None:
    messages = Watched([0] * (BATCH_LENGTH + 1))
    assert refused(BatchBody(), {"messages": messages}) == ["/messages"]
    assert messages.seen == 0


def test_x08_after_the_last_error_that_is_told_no_message_is_looked_at() -> None:
    messages = Watched([{"body": "x"}] * 500 + [0] * 500)
    with pytest.raises(ValidationError):
        BatchBody().load({"messages": messages})
    assert messages.seen == 500 + MAX_ERRORS
    assert refused(BatchBody(), {"messages": messages}) == [f"/messages/{500 + n}" for n in range(MAX_ERRORS)]


@pytest.mark.parametrize("kind", [ApplicationBody, NewChatBody, ChatBody, NewMessageBody, MessageBody])
def test_x08_of_unknown_fields_the_first_are_told(kind: type[Body]) -> None:
    unknown = {f"field{number}": 0 for number in range(10_000)}
    told = [pointer for pointer in refused(kind(), unknown) if pointer.startswith("/field")]
    assert told == [f"/field{number}" for number in range(MAX_ERRORS)]


def test_x08_of_a_messages_unknown_fields_the_first_are_told() -> None:
    wrong = {"body": " ", **{f"field{number}": 0 for number in range(10_000)}}
    told = refused(BatchBody(), {"messages": [wrong]})
    assert told == ["/messages/0/body", *(f"/messages/0/field{number}" for number in range(MAX_ERRORS))]


def test_what_is_no_batch_is_refused_as_a_whole() -> None:
    assert refused(BatchBody(), {"messages": []}) == ["/messages"]
    assert refused(BatchBody(), {"messages": "x"}) == ["/messages"]
    assert refused(BatchBody(), {"messages": [{"body": "x"}], "more": 1}) == ["/more"]
    assert refused(BatchBody(), [{"body": "x"}]) == [""]
