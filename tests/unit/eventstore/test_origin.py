"""The request and the trace of an event, in its `meta` and in the message that tells of it."""

import json

import pytest

from eventstore.bus_messages import Batch, messages
from eventstore.log import NewEvent
from eventstore.origin import Origin, pack, unpack

TRACEPARENT = f"00-{'0af7' * 8}-b7ad6b7169203331-01"


@pytest.mark.parametrize("request_id", ["b7ad6b7169203331", "mine", "~" * 128])
def test_what_is_packed_is_unpacked(request_id: str) -> None:
    assert unpack(pack(request_id, TRACEPARENT)) == Origin(request_id, TRACEPARENT)


def test_a_request_id_that_was_made_takes_no_room() -> None:
    assert len(pack("b7ad6b7169203331", TRACEPARENT)) == 26


@pytest.mark.parametrize("meta", [None, b"", b"{}", b"\x01" * 26, bytes(26) + b"\xff"])
def test_what_another_program_has_left_is_nothing(meta: bytes | None) -> None:
    assert unpack(meta) is None


def test_the_message_tells_it_for_each_event_and_for_the_last() -> None:
    meta = pack("mine", TRACEPARENT)
    events = [NewEvent("s", 1, bytes(16), "F.1", b"{}"), NewEvent("s", 2, bytes(16), "F.1", b"{}", meta)]
    [message] = messages("log", Batch(1, events, 1))
    assert message.origin == Origin("mine", TRACEPARENT)
    without, with_it = json.loads(message.body)["events"]
    assert "traceparent" not in without
    assert (with_it["request_id"], with_it["traceparent"]) == ("mine", TRACEPARENT)
