"""A bus on the real broker, and what lies on its queues."""

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from kombu import Connection

from eventstore.log import NewEvent
from eventstore.rabbitmq_bus import RabbitMQBus
from eventstore.rabbitmq_ear import Ear
from eventstore.rabbitmq_topology import EXCHANGE, QUEUE_PREFIX
from projections.projectors import PROJECTIONS
from projections.readmodel.open import open_control
from projections.readmodel.words import store_id
from tests.support.waiting import until


def new_name() -> str:
    """For a log or a follower: tests share an exchange."""
    return f"test-{secrets.token_hex(6)}"


def event(version: int = 1, body: str = "Good morning!") -> NewEvent:
    """A message of a chat."""
    state = b'{"token":"t","at":"","chat":1,"number":%d,"body":"%s"}' % (version, body.encode())
    return NewEvent("messages/t/1", version, version.to_bytes(16, "big"), "MessageCreated.1", state)


@contextmanager
def connected_bus(url: str, log_id: str) -> Iterator[RabbitMQBus]:
    """A bus as in a process of its own, once it has its connection."""
    with closing(RabbitMQBus(url, lambda: log_id)) as bus:
        until(lambda: bus.state.error is None, "the connection")
        yield bus


class CountingEar(Ear):
    """Counts how often it was woken."""

    def __init__(self, url: str, name: str, log_id: str, sender: str = "") -> None:
        super().__init__(url, name, lambda: log_id, sender)
        self.woken = 0

    def wake(self) -> None:
        self.woken += 1
        super().wake()


@contextmanager
def listening(url: str, name: str, log_id: str, sender: str = "") -> Iterator[CountingEar]:
    """An ear that hears; its queue goes with it."""
    ear = CountingEar(url, name, log_id, sender)
    ear.start()
    try:
        until(lambda: ear.error is None, "the connection")
        until(lambda: ear.woken == 1, "the first look")
        yield ear
    finally:
        ear.stop()
        ear.join(10)
        delete_queue(url, name)


def delete_queues_of(url: str, data: Path) -> None:
    """Remove the queues of the followers of a data folder."""
    with closing(open_control(f"sqlite:///{data}")) as control:
        store = store_id(control.secret)
    for name in PROJECTIONS:
        delete_queue(url, f"{name}.{store}")


@contextmanager
def channel(url: str) -> Iterator[Any]:
    """A channel for the test's own use."""
    with Connection(url, connect_timeout=10) as connection:
        yield connection.channel()


def delete_queue(url: str, name: str) -> None:
    """Remove a follower's queue."""
    with channel(url) as own:
        own.queue_delete(f"{QUEUE_PREFIX}{name}")


def waiting(url: str, queue: str) -> int:
    """How many messages wait on a queue; -1 if it is not there."""
    with channel(url) as own:
        try:
            return int(own.queue_declare(queue, passive=True).message_count)
        except own.connection.client.channel_errors:
            return -1


def send(url: str, body: bytes, **properties: Any) -> None:
    """A message to the exchange of all events, whatever it says."""
    with channel(url) as own:
        kind = properties.pop("content_type", "application/json")
        encoding = properties.pop("content_encoding", "utf-8")
        headers = properties.pop("headers", None)
        message = own.prepare_message(
            body, content_type=kind, content_encoding=encoding, headers=headers, properties=properties
        )
        own.basic_publish(message, exchange=EXCHANGE)
