"""The rows that a batch locks on a server, and no others."""

import threading
from collections.abc import Iterator

import pytest

from eventstore.errors import LogConflict, LogContended
from eventstore.log import FactRef, Footprint, Log, LogWriter, NewEvent, StreamState, Writes
from tests.support.logs import new_log

NONE: frozenset[str] = frozenset()


@pytest.fixture(params=["mariadb", pytest.param("mysql", marks=pytest.mark.long)])
def log(request: pytest.FixtureRequest, tmp_path: object) -> Iterator[Log]:
    with new_log(request.param, tmp_path) as open_log:  # type: ignore[arg-type]
        log = open_log()
        writer = log.writer()
        for name in "abcdef":
            append(writer, name, 1)
        writer.close()
        yield log


def lock(writer: LogWriter, exclusive: str = "", shared: str = "") -> None:
    writer.load(Footprint(frozenset(exclusive), frozenset(shared), NONE, frozenset(), frozenset()))


def append(writer: LogWriter, name: str, version: int) -> int:
    lock(writer, name)
    return commit(writer, name, version)


def commit(writer: LogWriter, name: str, version: int) -> int:
    event = NewEvent(name, version, f"{name}{version}".encode().ljust(16), "Topic.1", b"{}")
    return writer.commit(Writes(1, [event], {name: StreamState(version)}))


def test_shared_rows_are_shared_and_keep_writers_out(log: Log) -> None:
    one, two, three = log.writer(), log.writer(), log.writer()
    lock(one, exclusive="b", shared="a")
    lock(two, exclusive="c", shared="a")
    with pytest.raises(LogContended, match="1205"):
        lock(three, exclusive="a")
    one.rollback()
    two.rollback()
    lock(three, exclusive="a")
    for writer in (one, two, three):
        writer.close()


def test_a_batch_locks_no_row_but_its_own(log: Log) -> None:
    """However few rows there are: an optimiser would rather read a small table from end to end."""
    writers = [log.writer() for _ in "abcdef"]
    for writer, name in zip(writers, "abcdef", strict=True):
        lock(writer, exclusive=name + "xyz")
    for writer in writers:
        writer.close()


def test_a_row_that_two_make_at_once_is_made_by_one(log: Log) -> None:
    one, two = log.writer(), log.writer()
    lock(one, exclusive="n")
    lock(two, exclusive="n")
    assert commit(one, "n", 1) == 7
    with pytest.raises(LogConflict):
        commit(two, "n", 1)
    assert append(two, "n", 2) == 8
    one.close()
    two.close()


def test_after_a_timeout_nothing_is_written_and_the_connection_goes_on(log: Log) -> None:
    """F09: InnoDB rolls back a statement only, and leaves the transaction open."""
    one, two = log.writer(), log.writer()
    lock(one, exclusive="d")
    with pytest.raises(LogContended):
        lock(two, exclusive="abcd")
    # What `two` had locked before it came to `d` is free again.
    three = log.writer()
    assert append(three, "a", 2) == 7
    one.rollback()
    assert append(two, "d", 2) == 8
    for writer in (one, two, three):
        writer.close()


def test_rows_are_locked_in_the_order_of_their_names(log: Log) -> None:
    """Whatever order they are named in, and over changes of mode: two batches can't wait for each other."""
    ends: list[LogContended] = []

    def work(exclusive: str, shared: str) -> None:
        writer = log.writer()
        try:
            for _ in range(200):
                lock(writer, exclusive=exclusive, shared=shared)
                writer.rollback()
        except LogContended as error:
            ends.append(error)
        writer.close()

    threads = [
        threading.Thread(target=work, args=arguments)
        for arguments in [("fab", "cde"), ("dc", "afbe"), ("bdf", "ace"), ("ace", "bdf"), ("abcdef", "")]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == []


def test_an_event_of_a_stream_that_is_not_locked_can_be_read(log: Log) -> None:
    writer, ref = log.writer(), FactRef("f", 1)
    loaded = writer.load(Footprint(frozenset("a"), NONE, NONE, frozenset(), frozenset({ref})))
    writer.rollback()
    assert set(loaded.streams) == {"a"}
    assert loaded.events[ref].position == 6
    writer.close()
