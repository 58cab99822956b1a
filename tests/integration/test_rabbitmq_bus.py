"""What RabbitMQ is told, and what ears make of what it tells."""

import json
import logging
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from eventstore.bus_messages import MOST_BYTES
from eventstore.rabbitmq_bus import RabbitMQBus
from eventstore.rabbitmq_confirms import Confirms
from eventstore.rabbitmq_topology import EXCHANGE, QUEUE_PREFIX
from tests.support.broker import channel, connected_bus, event, listening, new_name, send, waiting
from tests.support.shared_server import shared_server
from tests.support.waiting import until


@pytest.fixture(scope="module")
def url() -> str:
    return shared_server("rabbitmq").url()


@pytest.fixture
def log_id() -> str:
    return new_name()


@pytest.fixture
def bus(url: str, log_id: str) -> Iterator[RabbitMQBus]:
    with connected_bus(url, log_id) as bus:
        yield bus


@pytest.fixture
def own_queue(url: str) -> Iterator[tuple[Any, str]]:
    """A channel, and a queue of an outside consumer."""
    with channel(url) as own:
        own.exchange_declare(EXCHANGE, "fanout", durable=True, auto_delete=False)
        queue = own.queue_declare(exclusive=True).queue
        own.queue_bind(queue, EXCHANGE)
        yield own, queue


def published(own: Any, queue: str, log_id: str) -> list[tuple[dict[str, Any], Any]]:
    """What is on the queue, of that log: bodies and messages."""
    found = []
    while (message := own.basic_get(queue, no_ack=True)) is not None:
        body = json.loads(message.body)
        if body["log_id"] == log_id:
            found.append((body, message))
    return found


def test_what_is_published(bus: RabbitMQBus, own_queue: tuple[Any, str], log_id: str) -> None:
    bus.publish(7, [event(1), event(2)], 5)
    until(lambda: bus.publisher.confirmed == 1, "the confirm")
    [(body, message)] = published(*own_queue, log_id)
    assert (body["first"], body["last"]) == (7, 8)
    assert [one["position"] for one in body["events"]] == [7, 8]
    assert body["events"][0]["fact"]["body"] == "Good morning!"
    properties = message.properties
    assert {name: properties[name] for name in ("content_type", "delivery_mode", "message_id", "type")} == {
        "content_type": "application/json",
        "delivery_mode": 2,
        "message_id": f"{log_id}:7",
        "type": "parley.events",
    }


def test_what_is_published_comes_in_order_and_in_parts(
    bus: RabbitMQBus, own_queue: tuple[Any, str], log_id: str
) -> None:
    for first in range(1, 200, 2):
        bus.publish(first, [event(first), event(first + 1, "x" * 100_000)], 5)
    bus.publish(201, [event(201, "x" * MOST_BYTES), *[event(202 + n, "x" * 100_000) for n in range(4)]], 5)
    until(lambda: bus.publisher.confirmed == 103, "the confirms")
    bodies = [body for body, _ in published(*own_queue, log_id)]
    assert [body["first"] for body in bodies] == [*range(1, 200, 2), 201, 202, 204]
    assert bodies[100]["last"] == 201
    assert bodies[100]["events"] == []


def test_the_queue_of_a_follower(url: str, log_id: str) -> None:
    """Declared again with the same arguments, as the next version will."""
    name = new_name()
    with listening(url, name, log_id), channel(url) as own:
        arguments = {
            "x-queue-type": "quorum",
            "x-single-active-consumer": True,
            "x-max-length": 1000,
            "x-max-length-bytes": 64 << 20,
            "x-overflow": "drop-head",
            "x-expires": 7 * 24 * 3600 * 1000,
        }
        own.queue_declare(f"{QUEUE_PREFIX}{name}", durable=True, auto_delete=False, arguments=arguments)
        own.exchange_declare(EXCHANGE, "fanout", durable=True, auto_delete=False)


def test_the_second_of_a_name_takes_over(url: str, log_id: str, bus: RabbitMQBus) -> None:
    name = new_name()
    with listening(url, name, log_id) as active, listening(url, name, log_id) as standby:
        bus.publish(1, [event()], 1)
        until(lambda: active.woken == 2, "the word")
        assert standby.woken == 1
        active.stop()
        active.join(10)
        bus.publish(2, [event(2)], 1)
        until(lambda: standby.woken == 2, "the word, by the other")


def test_an_ear_leaves_other_logs_and_its_own_process(url: str, log_id: str) -> None:
    name = new_name()
    with listening(url, name, log_id, sender="me") as ear:
        said = json.dumps({"log_id": log_id, "last": 5}).encode()
        send(url, json.dumps({"log_id": "other", "last": 5}).encode())
        send(url, said, app_id="me")
        send(url, said, app_id="you")
        until(lambda: ear.woken == 2, "the word")
        until(lambda: waiting(url, f"{QUEUE_PREFIX}{name}") == 0, "all are taken")
        assert (ear.woken, ear.poisoned) == (2, 0)


def test_one_that_rests_leaves_all_to_the_next(url: str, log_id: str, bus: RabbitMQBus) -> None:
    """Or a projector that stands by would hear what the one that works waits for."""
    name = new_name()
    with listening(url, name, log_id) as first, listening(url, name, log_id) as second:
        heard = second.woken
        first.rest()
        assert first.error is None

        def second_hears() -> bool:
            bus.publish(1, [event()], 1)
            return second.woken > heard

        until(second_hears, "the second one's turn")
        second.rest()
        first.attend()
        heard = first.woken

        def first_hears() -> bool:
            bus.publish(1, [event()], 1)
            return first.woken > heard + 1

        until(first_hears, "the first one's turn")


def test_a_queue_that_is_gone_is_declared_again(url: str, log_id: str, bus: RabbitMQBus) -> None:
    name = new_name()
    with listening(url, name, log_id) as ear:
        with channel(url) as own:
            own.queue_delete(f"{QUEUE_PREFIX}{name}")
        until(lambda: ear.woken == 2, "the look after it was deaf")
        bus.publish(1, [event()], 1)
        until(lambda: ear.woken == 3, "the word")


def test_a_queue_with_other_arguments_is_complained_about(
    url: str, log_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    name = new_name()
    with connected_bus(url, log_id) as bus:
        with channel(url) as own:
            own.queue_declare(f"{QUEUE_PREFIX}{name}", durable=True, auto_delete=False)
        try:
            bus.subscribe(name)
            until(lambda: "PRECONDITION_FAILED" in str(bus.state.error), "the complaint")
        finally:
            with channel(url) as own:
                own.queue_delete(f"{QUEUE_PREFIX}{name}")
        until(lambda: bus.state.error is None, "the queue as it should be")
    assert [record.levelno for record in caplog.records if "does not hear" in record.message] == [
        logging.WARNING
    ]


def test_a_full_queue_of_somebody_else_stops_nothing(url: str, bus: RabbitMQBus) -> None:
    with channel(url) as own:
        arguments = {"x-max-length": 1, "x-overflow": "reject-publish"}
        queue = own.queue_declare(exclusive=True, arguments=arguments).queue
        own.queue_bind(queue, EXCHANGE)
        for first in range(1, 6):
            bus.publish(first, [event(first)], 1)
        until(lambda: bus.publisher.confirmed + bus.publisher.refused == 5, "the answers")
        assert bus.publisher.refused >= 4
        own.queue_delete(queue)
        bus.publish(6, [event(6)], 1)
        until(lambda: bus.publisher.confirmed + bus.publisher.refused == 6, "the answer")


class Channel:
    """Where a broker's confirms come in."""

    def __init__(self) -> None:
        self.events: defaultdict[str, set[Any]] = defaultdict(set)

    def confirm_select(self) -> None:
        pass

    def says(self, what: str, tag: int, *, multiple: bool = False) -> None:
        for callback in self.events[what]:
            callback(tag, multiple)


def test_confirms_are_matched_with_their_messages() -> None:
    answering = Channel()
    confirms = Confirms(answering)
    for number in range(1, 7):
        confirms.sent(number)  # type: ignore[arg-type] # any thing will do
    answering.says("basic_ack", 5)
    answering.says("basic_nack", 2)
    answering.says("basic_ack", 5)
    answering.says("basic_ack", 9)
    assert list(confirms.unconfirmed()) == [1, 3, 4, 6]
    answering.says("basic_ack", 4, multiple=True)
    assert list(confirms.unconfirmed()) == [6]
    assert (confirms.confirmed, confirms.refused, len(confirms)) == (4, 1, 1)
