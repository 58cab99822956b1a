"""The contract of the log's port, for every engine."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventstore.errors import LogConflict
from eventstore.log import (
    READ_BYTES,
    CommandKey,
    CommandRecord,
    FactRef,
    Footprint,
    Log,
    LogWriter,
    NewEvent,
    NewRecord,
    StreamState,
    Writes,
)
from tests.support.logs import ENGINES, OpenLog, new_log

NOTHING: frozenset[str] = frozenset()


@pytest.fixture(params=ENGINES)
def open_log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenLog]:
    with new_log(request.param, tmp_path) as opener:
        yield opener


@pytest.fixture
def log(open_log: OpenLog) -> Log:
    return open_log()


@pytest.fixture
def writer(log: Log) -> Iterator[LogWriter]:
    writer = log.writer()
    yield writer
    writer.close()


def footprint(
    *exclusive: str, refs: tuple[FactRef, ...] = (), keys: tuple[tuple[str, str], ...] = ()
) -> Footprint:
    return Footprint(frozenset(exclusive), NOTHING, NOTHING, frozenset(keys), frozenset(refs))


def event(stream: str, version: int, text: str = "x") -> NewEvent:
    return NewEvent(stream, version, f"{stream}@{version}".encode().ljust(16), "Topic.1", text.encode())


def append(writer: LogWriter, *events: NewEvent, closed: bool = False) -> int:
    writer.load(footprint(*{new.stream for new in events}))
    rows = {new.stream: StreamState(new.version, new.version, closed) for new in events}
    return writer.commit(Writes(7, list(events), rows))


def test_an_empty_log_is_at_0(log: Log) -> None:
    assert log.head() == 0
    assert log.read(0, 10) == []
    assert log.read_stream("a", 0, 10) == []
    assert log.stream_states("", 10) == []


def test_positions_count_from_1_without_a_gap(log: Log, writer: LogWriter) -> None:
    assert append(writer, event("a", 1), event("b", 1)) == 1
    assert append(writer, event("a", 2)) == 3
    assert log.head() == 3
    assert [(e.position, e.stream, e.version) for e in log.read(0, 10)] == [
        (1, "a", 1),
        (2, "b", 1),
        (3, "a", 2),
    ]


def test_what_is_read_is_what_was_written(log: Log, writer: LogWriter) -> None:
    new = NewEvent("späte/日本/🍣", 1, bytes(range(16)), "Topic.1", bytes(range(256)), b"\0 meta")
    writer.load(footprint(new.stream))
    writer.commit(Writes(1234567890123456, [new], {new.stream: StreamState(1, 5, True)}))
    [recorded] = log.read(0, 1)
    assert recorded == (1, *new[:5], 1234567890123456, b"\0 meta")
    assert log.stream_states("", 10) == [(new.stream, StreamState(1, 5, True))]


def test_pages_of_the_log_and_of_a_stream(log: Log, writer: LogWriter) -> None:
    for version in range(1, 6):
        append(writer, event("a", version), event("b", version))
    assert [e.position for e in log.read(3, 4)] == [4, 5, 6, 7]
    assert [e.version for e in log.read_stream("b", 2, 2)] == [3, 4]
    assert [name for name, _ in log.stream_states("a", 10)] == ["b"]


def test_a_read_ends_when_it_has_enough_bytes_but_always_gets_on(log: Log, writer: LogWriter) -> None:
    append(writer, *(event("a", version, "x" * 100) for version in range(1, 6)))
    assert [e.position for e in log.read(0, 9, 201)] == [1, 2, 3]
    assert [e.position for e in log.read(0, 9, 200)] == [1, 2]
    assert [e.position for e in log.read(2, 9, 1)] == [3]
    assert [e.position for e in log.read(0, 2, 201)] == [1, 2]


def test_a_read_that_ended_early_sees_what_comes_later(log: Log, writer: LogWriter) -> None:
    append(writer, event("a", 1), event("a", 2))
    log.read(0, 9, 1)
    append(writer, event("a", 3))
    assert log.head() == 3
    assert len(log.read(0, 9)) == 3


def test_by_itself_a_read_gives_few_large_events(log: Log, writer: LogWriter) -> None:
    large = "x" * (READ_BYTES // 4)
    append(writer, *(event("a", version, large) for version in range(1, 9)))
    assert [e.position for e in log.read(0, 100)] == [1, 2, 3, 4]


def test_load_sees_rows_keys_and_events(writer: LogWriter) -> None:
    append(writer, event("a", 1, "one"), event("a", 2, "two"))
    writer.load(footprint())
    writer.commit(
        Writes(7, [], {"empty": StreamState()}, [NewRecord(CommandKey("s", "k", b"f"), 2, b"answer")])
    )
    last, first, missing = FactRef("a"), FactRef("a", 1), FactRef("a", 9)
    loaded = writer.load(
        Footprint(
            frozenset({"a"}),
            frozenset({"none"}),
            frozenset({"empty"}),
            frozenset({("s", "k"), ("s", "other"), ("other", "k")}),
            frozenset({last, first, missing}),
        )
    )
    writer.rollback()
    assert loaded.streams == {"a": StreamState(2, 2, False), "empty": StreamState()}
    assert loaded.records == {("s", "k"): CommandRecord(b"f", 2, b"answer")}
    assert {ref: found.state for ref, found in loaded.events.items()} == {last: b"two", first: b"one"}


def test_peek_sees_more_rows_inside_the_transaction(writer: LogWriter) -> None:
    append(writer, event("a", 1), event("b", 1))
    writer.load(footprint("a"))
    assert writer.peek(["b", "none"]) == {"b": StreamState(1, 1, False)}
    writer.rollback()


def test_a_row_that_is_looked_at_for_itself_and_for_an_event_is_seen(writer: LogWriter) -> None:
    append(writer, event("a", 1), event("b", 1), event("b", 2))
    look = Footprint(frozenset("a"), NOTHING, frozenset("b"), frozenset(), frozenset({FactRef("b")}))
    loaded = writer.load(look)
    writer.rollback()
    assert loaded.streams == {"a": StreamState(1, 1), "b": StreamState(2, 2)}
    assert loaded.events[FactRef("b")].version == 2


def test_a_record_may_point_into_its_own_batch(writer: LogWriter) -> None:
    append(writer, event("a", 1))
    writer.load(footprint("a"))
    record = NewRecord(CommandKey("s", "k", b"f"), -2, b"")
    writer.commit(Writes(7, [event("a", 2), event("a", 3)], {"a": StreamState(3)}, [record]))
    loaded = writer.load(footprint(keys=(("s", "k"),)))
    writer.rollback()
    assert loaded.records[("s", "k")].position == 3


def test_a_rollback_leaves_nothing_and_gives_positions_back(log: Log, writer: LogWriter) -> None:
    writer.load(footprint("a"))
    writer.rollback()
    assert append(writer, event("a", 1)) == 1
    assert log.head() == 1


def test_a_version_that_is_taken_is_a_conflict_and_writes_nothing(log: Log, writer: LogWriter) -> None:
    append(writer, event("a", 1))
    with pytest.raises(LogConflict):
        append(writer, event("b", 1), event("a", 1))
    assert log.head() == 1
    assert log.read_stream("b", 0, 1) == []
    assert append(writer, event("a", 2)) == 2


def test_a_key_that_is_taken_is_a_conflict_and_writes_nothing(log: Log, writer: LogWriter) -> None:
    record = NewRecord(CommandKey("s", "k", b"f"), -1, b"")
    writer.load(footprint())
    writer.commit(Writes(7, [event("a", 1)], {"a": StreamState(1)}, [record]))
    writer.load(footprint())
    with pytest.raises(LogConflict):
        writer.commit(Writes(7, [event("a", 2)], {"a": StreamState(2)}, [record]))
    assert log.head() == 1


def test_settle_tells_whose_event_stands_there(writer: LogWriter) -> None:
    mine = event("a", 1)
    append(writer, mine)
    assert writer.settle(mine) == 1
    assert writer.settle(mine._replace(event_id=b"somebody else's!")) is None
    assert writer.settle(event("a", 2)) is None
    assert append(writer, event("a", 2)) == 2


def test_settle_ends_what_was_open(log: Log, writer: LogWriter) -> None:
    writer.load(footprint("a"))
    assert writer.settle(event("a", 1)) is None
    assert append(writer, event("a", 1)) == 1
    assert log.head() == 1


def test_keys_expire_oldest_first_and_in_portions(writer: LogWriter) -> None:
    for age in range(1, 6):
        writer.load(footprint())
        writer.commit(Writes(age, [], {}, [NewRecord(CommandKey("s", f"k{age}", b""), 0, b"")]))
    assert writer.expire_keys(before=4, limit=2) == 2
    assert writer.expire_keys(before=4, limit=2) == 1
    assert writer.expire_keys(before=4, limit=2) == 0
    loaded = writer.load(footprint(keys=tuple(("s", f"k{age}") for age in range(1, 6))))
    writer.rollback()
    assert {key for _, key in loaded.records} == {"k4", "k5"}


def test_a_log_keeps_its_name(open_log: OpenLog) -> None:
    assert open_log().log_id == open_log().log_id != ""


def test_threads_that_end_leave_nothing_open(log: Log) -> None:
    opened = []
    for _ in range(5):
        thread = threading.Thread(target=log.head)
        thread.start()
        thread.join()
        opened.append(len(os.listdir("/proc/self/fd")))
    # SQLite keeps one descriptor for the next connection: to close it would free the locks of others.
    assert opened[0] == opened[-1]


def test_a_sound_log_has_nothing_wrong(log: Log, writer: LogWriter) -> None:
    append(writer, event("a", 1))
    assert log.check() == []


def test_writers_wait_for_each_other_on_a_stream(open_log: OpenLog) -> None:
    """Each reads the version under its lock, so no number is given twice and none is left out."""
    rounds = 50

    def write() -> None:
        writer = open_log().writer()
        for _ in range(rounds):
            version = writer.load(footprint("a")).streams.get("a", StreamState()).version + 1
            writer.commit(Writes(7, [event("a", version)], {"a": StreamState(version)}))
        writer.close()

    append_first = open_log().writer()
    append(append_first, event("a", 1))
    append_first.close()
    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = open_log().read(0, 1000)
    assert [(e.position, e.version) for e in events] == [(n, n) for n in range(1, 4 * rounds + 2)]
