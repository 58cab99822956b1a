"""What is wrong with a log is found, whatever it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstore.events import Fact
from eventstore.log import StreamState
from projections.verification import events as events_module
from projections.verification.event_ids import EventIds, doubled
from projections.verification.findings import Finding, Found, brief, counted
from projections.verification.log import verify_log, verify_positions
from projections.verification.projection import differences
from tests.support.histories import busy_history, histories
from tests.support.memory_log import MemoryLog

FACTS = busy_history(300)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> MemoryLog:
    monkeypatch.setattr(events_module, "_PATIENCE", 0)
    monkeypatch.setattr(events_module, "PAGE", 10)
    log = MemoryLog()
    log.append(*FACTS)
    return log


def found(log: MemoryLog) -> list[Finding]:
    return list(verify_log(log, log.head()))


@given(history=histories)
def test_what_commands_leave_is_right(history: list[Fact]) -> None:
    log = MemoryLog()
    log.append(*history)

    assert found(log) == []


@pytest.mark.parametrize("hidden", [{5}, {5, 6, 7}, {1}, {len(FACTS)}, set(range(8, 25))])
def test_missing_positions(log: MemoryLog, hidden: set[int]) -> None:
    log.hidden = hidden

    fast = [finding.detail for finding in verify_positions(log, log.head())]

    assert fast
    assert {finding.detail for finding in found(log)} >= set(fast)
    assert sum(_span(detail) for detail in fast) == len(hidden)


def test_a_missing_position_with_others_behind_the_last_that_is_asked_for(log: MemoryLog) -> None:
    log.hidden = {20}

    assert [finding.detail for finding in verify_positions(log, 20)] == ["position 20 is missing"]


def _span(detail: str) -> int:
    words = detail.split()
    return 1 if words[0] == "position" else int(words[3]) - int(words[1]) + 1


def test_a_wrong_version(log: MemoryLog) -> None:
    event = log.events[-1]
    log.events[-1] = event._replace(version=event.version + 1)

    details = [finding.detail for finding in found(log) if finding.place == f"log position {len(FACTS)}"]

    assert details[0] == f"version {event.version + 1} of {event.stream}, expected {event.version}"


def test_a_fact_in_a_stream_of_others(log: MemoryLog) -> None:
    log.events[4] = log.events[4]._replace(state=log.events[1].state, topic=log.events[1].topic)

    assert any("a fact of chats/token1 in the stream" in finding.detail for finding in found(log))


def test_an_undecodable_fact(log: MemoryLog) -> None:
    log.events[4] = log.events[4]._replace(topic="Unheard.3")

    assert found(log)[0].place == "log position 5"
    assert found(log)[0].detail.startswith("can't be decoded: Unheard.3")


def test_a_doubled_event_id(log: MemoryLog) -> None:
    log.events[7] = log.events[7]._replace(event_id=log.events[3].event_id)

    assert found(log) == [
        Finding("log", f"event id {log.events[3].event_id.hex()} occurs at the positions [4, 8]")
    ]


def test_a_stream_row_that_lies(log: MemoryLog) -> None:
    row = log.view.streams["chats/token1"]
    log.view.streams["chats/token1"] = row._replace(live=row.live + 1)

    [finding] = found(log)

    assert finding.place == "stream chats/token1"
    assert "live=" in finding.detail


@pytest.mark.parametrize("which", [0, 3, -1])
def test_a_stream_row_that_is_missing(log: MemoryLog, which: int) -> None:
    name = sorted(log.view.streams)[which]
    del log.view.streams[name]

    assert found(log) == [Finding(f"stream {name}", "the row is missing")]


def test_a_stream_row_too_many(log: MemoryLog) -> None:
    log.view.streams["chats/nobody"] = StreamState(1, 1, False)

    [finding] = found(log)

    assert finding.detail.endswith("its facts come to None")


def test_a_fact_after_the_end_of_its_application(log: MemoryLog) -> None:
    deleted = next(event for event in log.events if event.topic.startswith("ApplicationDeleted"))
    post = log.events[1]
    log.events.append(
        post._replace(
            position=len(FACTS) + 1,
            stream=deleted.stream,
            version=deleted.version + 1,
            event_id=b"late",
            topic=deleted.topic,
            state=deleted.state,
        )
    )

    assert any("was closed" in finding.detail for finding in found(log))


def test_what_is_appended_meanwhile_is_no_finding(log: MemoryLog) -> None:
    head = log.head()
    log.append(*busy_history(200, seed=3, prefix="other"))

    assert list(verify_log(log, head)) == []


@given(st.lists(st.binary(min_size=1, max_size=2)))
def test_doubled_ids_are_exactly_found(ids: list[bytes]) -> None:
    seen = EventIds()
    for one in ids:
        seen.add(one)

    again = dict(doubled(enumerate(ids), seen.suspects()))

    assert again == {
        one: [place for place, other in enumerate(ids) if other == one] for one in ids if ids.count(one) > 1
    }


SIDES = st.dictionaries(st.text("abc", max_size=3), st.binary(max_size=1))


@given(SIDES, SIDES)
def test_differences_are_those_of_dictionaries(left: dict[str, bytes], right: dict[str, bytes]) -> None:
    expected = [
        (key, left.get(key), right.get(key))
        for key in sorted(left | right)
        if left.get(key) != right.get(key)
    ]

    assert list(differences(iter(sorted(left.items())), iter(sorted(right.items())))) == expected


def test_all_findings_are_counted_and_few_are_kept() -> None:
    found = counted((Finding("log", str(n)) for n in range(250)), most=100)

    assert (len(found.first), found.total) == (100, 250)
    assert found.plus(Found([Finding("log", "x")], 1)).total == 251


def test_contents_are_shown_briefly_and_can_not_steer_a_terminal() -> None:
    assert brief(None) == "nothing"
    assert brief(b"\x1b[2J") == r"'\x1b[2J'"
    assert len(brief(b"x" * 10_000)) < 200
