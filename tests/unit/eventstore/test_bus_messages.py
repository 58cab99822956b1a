"""What goes over the bus, and what is made of whatever comes."""

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstore.bus_messages import CONTENT_TYPE, MOST_BYTES, Batch, Poison, messages, word
from eventstore.log import NewEvent


def event(version: int, size: int = 10) -> NewEvent:
    state = b'{"body":"%s"}' % (b"x" * size)
    return NewEvent("messages/t/1", version, bytes(15) + bytes([version % 256]), "MessageCreated.1", state)


def test_a_message_spells_its_events_out() -> None:
    [message] = messages('a "log"', Batch(7, [event(1), event(2, 0)], 1_767_225_600_000_000))
    assert message.id == 'a "log":7'
    assert json.loads(message.body) == {
        "log_id": 'a "log"',
        "first": 7,
        "last": 8,
        "events": [
            {
                "position": position,
                "stream": "messages/t/1",
                "version": position - 6,
                "event_id": f"{position - 6:032x}",
                "topic": "MessageCreated.1",
                "recorded_at": 1_767_225_600_000_000,
                "fact": {"body": body},
            }
            for position, body in ((7, "x" * 10), (8, ""))
        ],
    }


@given(
    first=st.integers(1, 2**62),
    sizes=st.lists(st.one_of(st.integers(0, 2000), st.integers(0, MOST_BYTES + 1000)), max_size=12),
)
def test_a_large_batch_goes_out_in_parts(first: int, sizes: list[int]) -> None:
    batch = Batch(first, [event(number, size) for number, size in enumerate(sizes)], 1)
    position = first
    for message in messages("log", batch):
        assert len(message.body) <= MOST_BYTES
        said = json.loads(message.body)
        assert said["first"] == position
        assert word(message.body, CONTENT_TYPE) == ("log", said["last"])
        if said["events"]:
            assert [one["position"] for one in said["events"]] == list(range(position, said["last"] + 1))
        else:
            # Alone too large.
            assert said["last"] == position
            assert sizes[position - first] > MOST_BYTES - 1000
        position = said["last"] + 1
    assert position == first + len(sizes)


def test_of_a_message_only_the_log_and_the_last_position_matter() -> None:
    assert word(b'{"last": 5, "events": "forged", "log_id": "log", "more": null}', CONTENT_TYPE) == ("log", 5)


@pytest.mark.parametrize(
    ("body", "kind", "says"),
    [
        (b"{", CONTENT_TYPE, "not JSON"),
        (b"", CONTENT_TYPE, "not JSON"),
        (b"[1, 2]", CONTENT_TYPE, "not JSON with a log_id"),
        (b'{"last": 5}', CONTENT_TYPE, "not JSON with a log_id"),
        (b'{"log_id": 5, "last": 5}', CONTENT_TYPE, "not JSON with a log_id"),
        (b'{"log_id": "\xff", "last": 5}', CONTENT_TYPE, "not JSON with a log_id"),
        (b"[" * 200_000, CONTENT_TYPE, "not JSON with a log_id"),
        (b'{"log_id": "log", "last": %s}' % (b"[" * 200_000), CONTENT_TYPE, "not JSON with a log_id"),
        (b'{"log_id": "log", "x": %s, "last": 1}' % (b"[" * 200_000), CONTENT_TYPE, "not JSON with a log_id"),
        *[
            (b'{"log_id": "log", "last": %s}' % last, CONTENT_TYPE, "not JSON with a log_id and a whole")
            for last in (b'"5"', b"5.5", b"true", b"null", b"NaN", b"1e3", b"1" * 100_000)
        ],
        *[
            (b'{"log_id": "log", "last": %s}' % last, CONTENT_TYPE, "not a position")
            for last in (b"0", b"-1", b"9223372036854775808")
        ],
        (b'{"log_id": "log", "last": 5, "x": "%s"}' % (b"x" * MOST_BYTES), CONTENT_TYPE, "larger than"),
        (pickle.dumps({"log_id": "log", "last": 5}), "application/x-python-serialize", "content type"),
        (pickle.dumps({"log_id": "log", "last": 5}), CONTENT_TYPE, "not JSON"),
        (b'{"log_id": "log", "last": 5}', None, "content type"),
        (None, CONTENT_TYPE, "no body"),
        ('{"log_id": "log", "last": 5}', CONTENT_TYPE, "no body of bytes"),
    ],
)
def test_anything_else_is_poison(body: object, kind: object, says: str) -> None:
    with pytest.raises(Poison, match=says):
        word(body, kind)
