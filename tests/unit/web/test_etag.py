"""Preconditions by RFC 9110 (X24)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.etag import ETags, parse, quoted
from web.problem import Problem


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("*", ETags(any=True)),
        (" * ", ETags(any=True)),
        ('"3"', ETags(False, frozenset({"3"}))),
        ('W/"3"', ETags(False, frozenset(), frozenset({"3"}))),
        ('"1", W/"2"\t,"3"', ETags(False, frozenset({"1", "3"}), frozenset({"2"}))),
        (', "1",, "2",', ETags(False, frozenset({"1", "2"}))),
        ('"a,b"', ETags(False, frozenset({"a,b"}))),
        ('""', ETags(False, frozenset({""}))),
    ],
)
def test_lists(header: str, tags: ETags) -> None:
    assert parse(header, "If-Match") == tags


@pytest.mark.parametrize(
    "header",
    [
        "",
        " ",
        ",",
        "3",
        '"3',
        'w/"3"',
        'W/ "3"',
        '"3" "4"',
        '*, "3"',
        '"3", *',
        '"a b"',
        '"3";x',
        '"\x7f"',
        "**",
    ],
)
def test_garbage(header: str) -> None:
    with pytest.raises(Problem, match="400 If-Match"):
        parse(header, "If-Match")


def test_absent() -> None:
    assert parse(None, "If-Match") is None


@pytest.mark.parametrize(
    ("header", "strongly", "weakly"),
    [("*", True, True), ('"3"', True, True), ('W/"3"', False, True), ('"4", W/"2"', False, False)],
)
def test_comparison(header: str, strongly: bool, weakly: bool) -> None:
    tags = parse(header, "If-Match")
    assert tags is not None
    assert tags.match_strongly("3") is strongly
    assert tags.match_weakly("3") is weakly


@given(st.integers(1))
def test_what_an_answer_says_matches(version: int) -> None:
    tags = parse(quoted(version), "If-Match")
    assert tags is not None
    assert tags.match_strongly(str(version))


@given(st.text(st.characters(max_codepoint=255)) | st.text('W/"*, \t13'))
def test_any_text_is_tags_or_a_refusal(header: str) -> None:
    try:
        tags = parse(header, "If-None-Match")
    except Problem:
        tags = ETags(any=True)
    assert tags is not None
    assert tags.any or tags.strong or tags.weak


BLANKS = " " * 2_000_000


@pytest.mark.parametrize("header", [BLANKS, f",{BLANKS}x", f'"a",{BLANKS}x', f'"a"{BLANKS}x', f'a;{BLANKS}"'])
def test_blanks_are_read_once(header: str) -> None:
    """A second look for each blank would take hours."""
    with pytest.raises(Problem):
        parse(header, "If-Match")
