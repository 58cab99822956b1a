"""The seconds that are left for a second read of one request."""

from time import monotonic

from queries.http.reading import Freshness


def test_what_was_waited_is_gone() -> None:
    fresh = Freshness(7, 5.0).since(monotonic() - 2)

    assert fresh.position == 7
    assert 2.9 < fresh.wait <= 3.0


def test_no_less_than_nothing() -> None:
    assert Freshness(None, 1.0).since(monotonic() - 2).wait == 0.0
