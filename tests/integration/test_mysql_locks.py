"""The rows that a batch locks on a server, and no others."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engines.mysql_connection import connect
from eventstore import streams
from eventstore.clock import system_clock
from eventstore.codec import Codec
from eventstore.command import Decision, Outcome
from eventstore.errors import LogConflict, LogContended, LogUnavailable
from eventstore.events import MessageCreated
from eventstore.group_commit import GroupCommit, Ticket
from eventstore.inprocess_bus import InProcessBus
from eventstore.log import FactRef, Footprint, Log, LogWriter, NewEvent, StreamState, Writes
from eventstore.open import open_log
from eventstore.view import View
from tests.support.logs import new_log, new_log_url

NONE: frozenset[str] = frozenset()
T = "t" * 43


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


def test_a_row_that_is_only_seen_is_no_row_to_change(log: Log) -> None:
    """A batch finds no row and so locks none; another makes it; the batch looks at it, and must not change it."""
    one, two = log.writer(), log.writer()
    lock(one, exclusive="n")
    assert append(two, "n", 1) == 7
    assert one.peek(["n"]) == {"n": StreamState(1)}
    with pytest.raises(LogConflict):
        commit(one, "n", 2)
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


class Post:
    """Posts to a chat of its own."""

    shared: tuple[str, ...] = ()
    peek: tuple[str, ...] = ()
    refs: tuple[FactRef, ...] = ()
    key = None
    size = 10

    def __init__(self, chat: int) -> None:
        self._chat = chat
        self.exclusive = (streams.messages(T, chat),)

    def admit(self, view: View) -> None:
        """Everybody may."""

    def decide(self, view: View, at: str) -> Decision:
        row = view.stream(self.exclusive[0]) or StreamState()
        fact = MessageCreated(token=T, at=at, chat=self._chat, number=row.version + 1, body="x", sender=None)
        return Decision((fact,), b"")

    def owners(self, answer: bytes) -> tuple[str, ...]:
        raise AssertionError(answer)


def test_L3_a_chat_that_another_holds_keeps_no_other_waiting_for_long(tmp_path: Path) -> None:
    commits = GroupCommit(InProcessBus(), system_clock, Codec())
    with (
        new_log_url("mariadb", tmp_path) as url,
        closing(open_log(url)) as log,
        closing(log.writer()) as writer,
        # Not a writer's, which the server would end after five seconds.
        closing(connect(url)) as holder,
        asyncio.Runner() as runner,
    ):
        loop = runner.get_loop()
        tickets = [Ticket(Post(chat), loop.create_future()) for chat in (1, 2, 1, 3, 1)]
        commits.append(writer, [Ticket(Post(1), loop.create_future())])
        holder.query("BEGIN")
        holder.query(f"SELECT * FROM streams WHERE name = '{tickets[0].command.exclusive[0]}' FOR UPDATE")
        commits.append(writer, tickets)
    ends = [type(ticket.result) for ticket in tickets]
    assert ends == [LogUnavailable, Outcome, LogUnavailable, Outcome, LogUnavailable]


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
