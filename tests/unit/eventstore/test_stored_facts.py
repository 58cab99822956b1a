"""Every fact as it was first stored: a sample is never changed, a new version gets another."""

import pytest

from eventstore.codec import Codec
from eventstore.events import FACTS, Fact, KeyAdded, KeyRevoked, Touch

SAMPLES: dict[str, tuple[str, str]] = {
    "ApplicationCreated.1": ("application/t", '{"token":"t","at":"1","name":"Desk"}'),
    "ApplicationRenamed.1": ("application/t", '{"token":"t","at":"2","name":"Shop","created_at":"1"}'),
    "ApplicationDeleted.1": ("application/t", '{"token":"t","at":"3"}'),
    "ChatCreated.1": ("chats/t", '{"token":"t","at":"1","number":4,"title":null}'),
    "ChatRetitled.1": ("chat/t/4", '{"token":"t","at":"2","number":4,"title":"Hi","created_at":"1"}'),
    "ChatDeleted.1": ("chat/t/4", '{"token":"t","at":"3","number":4}'),
    "MessageCreated.1": (
        "messages/t/4",
        '{"token":"t","at":"1","chat":4,"number":5,"body":"hello","sender":"ann"}',
    ),
    "MessageEdited.1": (
        "message/t/4/5",
        '{"token":"t","at":"2","chat":4,"number":5,"version":2,"body":"bye","sender":null,"created_at":"1"}',
    ),
    "MessageDeleted.1": ("message/t/4/5", '{"token":"t","at":"3","chat":4,"number":5}'),
    "KeyAdded.1": (
        "keys/t",
        '{"token":"t","at":"1","id":"00112233445566aa","scope":"read","hash":"' + "5e" * 32 + '"}',
    ),
    "KeyRevoked.1": ("keys/t", '{"token":"t","at":"2","id":"00112233445566aa"}'),
}


def fact(topic: str) -> Fact:
    return Codec().decode(topic, SAMPLES[topic][1].encode())


@pytest.mark.parametrize("topic", SAMPLES)
def test_what_was_stored_is_read_and_stored_again_alike(topic: str) -> None:
    stream, state = SAMPLES[topic]
    assert Codec().encode(fact(topic)) == (topic, state.encode())
    assert fact(topic).stream == stream


def test_there_is_a_sample_of_every_version_of_every_fact() -> None:
    assert [*SAMPLES] == [topic for kind in FACTS for topic in Codec().topics(kind)]


def test_the_row_of_the_keys_counts_those_that_work() -> None:
    added, revoked = fact("KeyAdded.1"), fact("KeyRevoked.1")
    assert isinstance(added, KeyAdded)
    assert isinstance(revoked, KeyRevoked)
    assert [*added.touches()] == [Touch("keys/t", live=1)]
    assert [*revoked.touches()] == [Touch("keys/t", live=-1)]
