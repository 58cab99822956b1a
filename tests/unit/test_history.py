"""The history checker finds whatever can be wrong between what clients know and the log."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventstore import streams
from eventstore.codec import Codec
from eventstore.events import MessageCreated
from eventstore.log import Footprint, Log, NewEvent, StreamState, Writes
from tests.support.client import Answer
from tests.support.facts import at
from tests.support.history import History, disagreements
from tests.support.logs import new_log

TOKEN = "t" * 43
CHAT = f"/applications/{TOKEN}/chats/1"
POSTS = streams.messages(TOKEN, 1)
NOTHING: frozenset[str] = frozenset()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with new_log("sqlite", tmp_path) as open_log:
        yield open_log()


def write(log: Log, *bodies: str, row: int | None = None) -> None:
    """The chat's messages, from number 1 on; `row` is the version that their stream row gets."""
    codec = Codec()
    events = []
    for number, body in enumerate(bodies, 1):
        fact = MessageCreated(token=TOKEN, at=at(number), chat=1, number=number, body=body, sender=None)
        events.append(NewEvent(POSTS, number, number.to_bytes(16, "big"), *codec.encode(fact)))
    writer = log.writer()
    writer.load(Footprint(frozenset({POSTS}), NOTHING, NOTHING, frozenset(), frozenset()))
    writer.commit(Writes(0, events, {POSTS: StreamState(row or len(bodies))}))
    writer.close()


def answer(body: str, number: int, position: int | None = None) -> Answer:
    document = json.dumps({"number": number, "body": body}).encode()
    return Answer(201, {"log-position": str(position or number)}, document)


def failed(status: int) -> Answer:
    return Answer(status, {"retry-after": "1"}, b"")


@pytest.fixture
def history() -> History:
    """a and b were answered, c was lost."""
    history = History()
    for number, body in enumerate("ab", 1):
        history.end(history.invoke(CHAT, body), answer(body, number))
    history.end(history.invoke(CHAT, "c"), ConnectionResetError())
    return history


@pytest.mark.parametrize("bodies", ["ab", "abc"])
def test_what_is_unknown_may_be_there_or_not(log: Log, history: History, bodies: str) -> None:
    write(log, *bodies)
    assert disagreements(history, log) == []
    assert [post.body for post in history.unknown] == ["c"]
    assert history.ends == {"201": 2, "lost": 1}


@pytest.mark.parametrize(
    ("bodies", "found"),
    [
        ("a", ["b was answered as 2 at 2 of"]),
        ("ba", ["a was answered as 1 at 1 of", "b was answered as 2 at 2 of"]),
        ("abb", ["b is there 2 times, at [2, 3]"]),
        ("abcc", ["c is there 2 times, at [3, 4]"]),
        ("abx", ["x is there and nobody posted it"]),
    ],
)
def test_lost_doubled_and_invented_messages_are_found(
    log: Log, history: History, bodies: str, found: list[str]
) -> None:
    write(log, *bodies)
    told = disagreements(history, log)
    assert [text.startswith(start) for text, start in zip(told, found, strict=True)] == [True] * len(found)


def test_a_position_that_was_answered_wrongly_is_found(log: Log, history: History) -> None:
    write(log, "a", "b", "c")
    history.end(history.posts["c"], answer("c", 3, position=9))
    [told] = disagreements(history, log)
    assert told.startswith("c was answered as 3 at 9")


def test_a_refused_message_that_is_there_is_found(log: Log, history: History) -> None:
    write(log, "a", "b", "c")
    history.end(history.posts["c"], failed(422))
    assert disagreements(history, log) == ["c was refused and is there"]


def test_a_stream_row_that_is_behind_is_found(log: Log, history: History) -> None:
    write(log, "a", "b", row=1)
    assert disagreements(history, log) == [f"the row of {POSTS} is at 1, its events at 2"]


def test_numbers_against_the_order_of_time_are_found(log: Log) -> None:
    history = History()
    history.end(history.invoke(CHAT, "b"), answer("b", 2))
    history.end(history.invoke(CHAT, "a"), answer("a", 1))
    write(log, "a", "b")
    [told] = disagreements(history, log)
    assert told.startswith("a is 1 in ")


def test_a_retry_must_get_the_first_answer(history: History) -> None:
    history.end(history.posts["a"], answer("a", 1))
    for other in (answer("a", 2, position=1), answer("a", 1, position=2)):
        with pytest.raises(AssertionError):
            history.end(history.posts["a"], other)


def test_an_attempt_must_end_as_clients_are_promised(history: History) -> None:
    post = history.posts["c"]
    for status in (409, 503):
        history.end(post, failed(status))
    history.end(post, TimeoutError())
    assert post.unknown
    for end in (Answer(503, {}, b""), failed(500), failed(204)):
        with pytest.raises(AssertionError):
            history.end(post, end)
