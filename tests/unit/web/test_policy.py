"""The policy names every route that there is."""

import pytest

from parley.dispatch import ALLOWED
from web.policy import NEEDS, Need, need


def test_the_table_names_exactly_the_routes_of_applications() -> None:
    served = {(t, m) for t, methods in ALLOWED.items() if t.startswith("/applications") for m in methods}
    assert {(t, m) for t, m in served if m != "HEAD"} == {*NEEDS}


def test_head_needs_what_get_does() -> None:
    assert {need(t, "HEAD") is NEEDS[t, m] for t, m in NEEDS if m == "GET"} == {True}


@pytest.mark.parametrize(
    ("wanted", "scopes"),
    [(Need.OPEN, "read write"), (Need.READ, "read write"), (Need.WRITE, "write"), (Need.ADMIN, "")],
)
def test_who_may_write_may_read(wanted: Need, scopes: str) -> None:
    assert [scope for scope in ("read", "write") if wanted.met_by(scope)] == scopes.split()
