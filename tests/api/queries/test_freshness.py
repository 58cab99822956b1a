"""Read your writes: how fresh an answer is, and what happens when it can't be."""

import pytest

from projections.readmodel.errors import ReadModelUnavailable
from tests.api.queries.api import TOKEN, Api

APPLICATION = f"/applications/{TOKEN}"


def arrives(api: Api) -> None:
    """The application is created while the read waits: position 1."""
    api.reads.while_waiting = lambda: api.tables.put_application(TOKEN)


def test_waits_for_the_header(api: Api) -> None:
    arrives(api)

    api.ok(APPLICATION, Min_Log_Position="1")
    assert api.reads.asked == [(1, 5.0)]


def test_waits_for_the_parameter(api: Api) -> None:
    arrives(api)

    api.ok(f"{APPLICATION}?min_position=1")
    assert api.reads.asked == [(1, 5.0)]


@pytest.mark.parametrize(("header", "parameter"), [("3", "7"), ("7", "3"), ("7", "7")])
def test_the_larger_of_two_counts(api: Api, header: str, parameter: str) -> None:
    api.tables.put_application(TOKEN)
    api.tables.position = 7

    api.ok(f"{APPLICATION}?min_position={parameter}", Min_Log_Position=header)
    assert api.reads.asked == [(7, 5.0)]


def test_not_reached(api: Api) -> None:
    api.tables.put_application(TOKEN)

    result = api.get(APPLICATION, Min_Log_Position="2")

    assert result.status_code == 503
    assert result.headers["retry-after"] == "1"
    assert result.headers["content-type"] == "application/problem+json"


def test_zero_waits_for_nothing(api: Api) -> None:
    api.tables.put_application(TOKEN)
    api.floor = 9

    api.ok(APPLICATION, Min_Log_Position="0")
    assert api.reads.asked == [(0, 5.0)]


@pytest.mark.parametrize("value", ["", "-1", "+1", "01", "1.0", "1 2", "1,2", "x", "²", "1" * 19])
def test_malformed_header(api: Api, value: str) -> None:
    api.refused(400, APPLICATION, Min_Log_Position=value)
    assert api.reads.asked == []


@pytest.mark.parametrize("value", ["", "-1", "%2B1", "01", "1.0", "x", "1" * 19])
def test_malformed_parameter(api: Api, value: str) -> None:
    assert api.wrong_parameters(f"{APPLICATION}?min_position={value}") == ["min_position"]
    assert api.reads.asked == []


@pytest.mark.parametrize(
    ("prefer", "wait"),
    [("wait=2", 2.0), ("wait=0", 0.0), ("wait=60", 5.0), ("return=minimal, wait=3", 3.0), ("wait=soon", 5.0)],
)
def test_prefer_lowers_the_wait(api: Api, prefer: str, wait: float) -> None:
    arrives(api)

    api.ok(APPLICATION, Min_Log_Position="1", Prefer=prefer)
    assert api.reads.asked == [(1, wait)]


def test_unasked_and_nothing_acknowledged(api: Api) -> None:
    api.tables.put_application(TOKEN)

    api.ok(APPLICATION)
    assert [position for position, _ in api.reads.asked] == [0]


def test_unasked_waits_for_what_was_acknowledged(api: Api) -> None:
    arrives(api)
    api.floor = 1

    api.ok(APPLICATION)
    assert api.reads.asked == [(1, 1.0)]


def test_unasked_waits_no_longer_than_preferred(api: Api) -> None:
    arrives(api)
    api.floor = 1

    api.ok(APPLICATION, Prefer="wait=0")
    assert api.reads.asked == [(1, 0.0)]


def test_unasked_answers_with_what_there_is(api: Api) -> None:
    api.tables.put_application(TOKEN)
    api.floor = 2

    api.ok(APPLICATION)
    assert [position for position, _ in api.reads.asked] == [2, 0]


def test_asked_is_not_held_up_by_what_others_wrote(api: Api) -> None:
    api.tables.put_application(TOKEN)
    api.floor = 9

    api.ok(APPLICATION, Min_Log_Position="1")
    assert api.reads.asked == [(1, 5.0)]


def test_tables_that_can_not_answer(api: Api) -> None:
    api.reads.failure = ReadModelUnavailable("Can't connect to 10.0.0.7")

    result = api.get(APPLICATION)

    assert result.status_code == 503
    assert result.headers["retry-after"] == "1"
    assert "10.0.0.7" not in result.text
