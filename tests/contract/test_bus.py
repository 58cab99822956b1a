"""The contract of the bus: in one process, and between two through RabbitMQ."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from eventstore.bus import Bus, Subscription
from eventstore.inprocess_bus import InProcessBus
from eventstore.open import open_bus
from tests.support.broker import connected_bus, delete_queue, event, new_name
from tests.support.shared_server import shared_server
from tests.support.waiting import LIMIT, until

NEVER = 3600


class Pair:
    """`told` publishes, `ears` hear; on RabbitMQ as if in two processes."""

    def __init__(self, told: Bus, hearing: Bus) -> None:
        self.told = told
        self.hearing = hearing
        self.names: list[str] = []

    def subscribe(self) -> Subscription:
        """A new ear that hears."""
        self.names.append(new_name())
        ear = self.hearing.subscribe(self.names[-1])
        until(lambda: self.hearing.state.error is None, "the connection")
        if not isinstance(self.hearing, InProcessBus):
            # One that was deaf until now looks once.
            ear.wait(LIMIT)
        return ear


@pytest.fixture(params=["memory", "rabbitmq"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    if request.param == "memory":
        bus = open_bus("memory://", lambda: "log")
        yield Pair(bus, bus)
        bus.close()
        return
    url, log_id = shared_server("rabbitmq").url(), new_name()
    with connected_bus(url, log_id) as told, connected_bus(url, log_id) as hearing:
        pair = Pair(told, hearing)
        yield pair
    for name in pair.names:
        delete_queue(url, name)


@contextmanager
def woken(*ears: Subscription) -> Iterator[None]:
    """What is done inside ends a wait of each of them."""
    threads = [threading.Thread(target=ear.wait, args=(NEVER,), daemon=True) for ear in ears]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join(LIMIT)
        assert not thread.is_alive(), "an ear still waits"


def test_an_ear_hears_what_is_published(pair: Pair) -> None:
    ear = pair.subscribe()
    for first in (1, 4, 5):
        with woken(ear):
            pair.told.publish(first, [event(first)], 1)


def test_all_ears_hear(pair: Pair) -> None:
    with woken(*[pair.subscribe() for _ in range(3)]):
        pair.told.publish(1, [event(), event(2)], 1)


def test_what_comes_before_the_wait_ends_it(pair: Pair) -> None:
    ear, other = pair.subscribe(), pair.subscribe()
    with woken(other):
        pair.told.publish(1, [event()], 1)
    with woken(ear):
        pass


def test_a_process_wakes_its_own_followers(pair: Pair) -> None:
    ear = pair.subscribe()
    with woken(ear):
        pair.hearing.publish(1, [event()], 1)


def test_a_wait_ends_by_itself_or_from_outside(pair: Pair) -> None:
    ear = pair.subscribe()
    ear.wait(0.01)
    with woken(ear):
        ear.wake()


def test_nobody_needs_to_listen(pair: Pair) -> None:
    for first in range(1, 2000):
        pair.told.publish(first, [event(first)], 1)
    pair.told.publish(2000, [])


def test_a_bus_that_is_closed_does_no_harm(pair: Pair) -> None:
    pair.told.close()
    pair.told.publish(1, [event()], 1)
    pair.told.close()


def test_all_is_well(pair: Pair) -> None:
    pair.told.publish(1, [event()], 1)
    until(lambda: pair.told.state[:3] == (None, 0, 0), "the state")
