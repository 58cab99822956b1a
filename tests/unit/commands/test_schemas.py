"""The quick look at a body accepts exactly what marshmallow accepts, and gives the same fields."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from commands.http.schemas import (
    ApplicationBody,
    Body,
    ChatBody,
    MessageBody,
    NewChatBody,
    NewMessageBody,
    load,
)
from web.problem import Problem

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
