"""Query parameters: each at most once, none unknown, one spelling."""

from typing import Any

import falcon.asgi
import falcon.testing
import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.params import MAX_FIELDS, Params
from web.problem import Problem


def params(query: str) -> Params:
    # The test kit refuses a query that starts with a question mark; a server would not.
    return Params(falcon.testing.create_asgi_req(query_string=query.lstrip("?")))


def refused(query: str) -> Problem:
    with pytest.raises(Problem) as caught:
        read(query)
    return caught.value


def read(query: str) -> dict[str, Any]:
    asked = params(query)
    values = {
        "limit": asked.integer("limit", 50, 1, 100),
        "after": asked.integer("after", None, 0, 10**18 - 1),
        "order": asked.choice("order", ("asc", "desc"), "asc"),
        "q": asked.text("q", 5),
    }
    asked.done()
    return values


def test_nothing_given() -> None:
    assert read("") == {"limit": 50, "after": None, "order": "asc", "q": None}


def test_all_given() -> None:
    assert read("limit=100&after=0&order=desc&q=C%2B%2B+%f0%9f%8d%a3") == {
        "limit": 100,
        "after": 0,
        "order": "desc",
        "q": "C++ 🍣",
    }


@pytest.mark.parametrize(
    "spelling",
    [
        "",
        "0",
        "101",
        "-1",
        "%2B1",
        "01",
        "1.0",
        "1e1",
        "1_0",
        "%201",
        "1%20",
        "%D9%A1",
        "true",
        "9" * 3000,
        "1%00",
    ],
)
def test_other_spellings_of_a_number(spelling: str) -> None:
    assert refused(f"limit={spelling}").errors == (
        {"parameter": "limit", "detail": "must be a whole number from 1 to 100"},
    )


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("order=ASC", "order"),
        ("order=", "order"),
        ("q=", "q"),
        ("q=%20+%E3%80%80", "q"),
        ("q=%00", "q"),
        ("q=" + "x" * 6, "q"),
        ("limit=1&limit=1", "limit"),
        ("limit=1&l%69mit=1", "limit"),
        ("Limit=1", "Limit"),
        ("limit=1&", ""),
        ("%F0%9F%8D%A3=1", "🍣"),
        ("limit[]=1", "limit[]"),
    ],
)
def test_values_that_break_a_rule(query: str, parameter: str) -> None:
    problem = refused(query)
    assert problem.status == 422
    assert [error["parameter"] for error in problem.errors] == [parameter]


def test_all_that_is_wrong_is_named_at_once() -> None:
    problem = refused("limit=x&order=x&other=x")
    assert {error["parameter"] for error in problem.errors} == {"limit", "order", "other"}


@pytest.mark.parametrize("query", ["q=%ff", "q=%", "q=%4", "q=%zz", "%ff=1", "q=%ed%a0%80"])
def test_malformed_queries(query: str) -> None:
    problem = refused(query)
    assert problem.status == 400
    assert "q" in str(problem)


def test_a_parameter_that_is_needed() -> None:
    asked = params("")
    assert asked.text("q", 5, required=True) is None
    with pytest.raises(Problem, match="422"):
        asked.done()


def test_too_many_fields() -> None:
    assert refused("&".join(f"p{n}=1" for n in range(MAX_FIELDS + 1))).status == 422


@given(st.text(st.characters(max_codepoint=127)) | st.text("limitqorder=&%+0123456789abcdef"))
def test_any_query_is_read_or_refused(query: str) -> None:
    try:
        values = read(query)
    except Problem as problem:
        status = problem.status
    else:
        status = 200
        assert 1 <= values["limit"] <= 100
        assert values["order"] in ("asc", "desc")
    assert status in (200, 400, 422)


def test_what_is_not_known_is_told_in_the_order_of_the_query() -> None:
    """Not in that of a set, which each process has for itself."""
    unknown = [f"field{number}" for number in range(10)]
    assert [error["parameter"] for error in refused("&".join(unknown)).errors] == unknown
