"""Cursors come back as they were made, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.http.cursor import Cursors
from web.problem import Problem

SECRET = b"s" * 32


@given(token=st.text(st.characters(codec="ascii", min_codepoint=33)), place=st.text())
def test_opens_what_it_sealed(token: str, place: str) -> None:
    cursors = Cursors(SECRET, "/things")

    assert cursors.open(token, cursors.seal(token, place)) == place


@given(place=st.text(max_size=40))
def test_needs_no_escape_in_a_query(place: str) -> None:
    cursor = Cursors(SECRET, "/things").seal("t", place)

    assert cursor.isascii()
    assert cursor.replace("-", "").replace("_", "").isalnum()


@given(junk=st.text(max_size=60))
def test_nothing_else_opens(junk: str) -> None:
    with pytest.raises(Problem):
        Cursors(SECRET, "/things").open("t", junk)


@pytest.mark.parametrize(
    ("secret", "route", "token"),
    [(b"x" * 32, "/things", "t"), (SECRET, "/others", "t"), (SECRET, "/things", "u")],
)
def test_bound_to_secret_route_and_token(secret: bytes, route: str, token: str) -> None:
    cursor = Cursors(secret, route).seal(token, "7")

    with pytest.raises(Problem) as refusal:
        Cursors(SECRET, "/things").open("t", cursor)
    assert refusal.value.status_code == 400
