"""F14, F15, F16: RabbitMQ down, out of memory, wiped, hung: writes go on, no false confirm, memory flat."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from eventstore.outbox import MOST_BATCHES
from eventstore.rabbitmq_bus import RabbitMQBus
from eventstore.rabbitmq_topology import EXCHANGE
from tests.services.rabbitmq import RabbitMQ
from tests.support.broker import channel, connected_bus, event, listening, waiting
from tests.support.cluster import agree, cluster, new_chats
from tests.support.load import Load
from tests.support.logs import new_log_url
from tests.support.rabbitmq import forget, memory_alarm, on_disk, private_rabbitmq
from tests.support.waiting import until

LOG = "log"
LARGE = "x" * 2000
MANY = 50_000
"""Of these, so many would be 100 MB."""
FLAT = 64 << 20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    with private_rabbitmq(tmp_path_factory.mktemp("rabbitmq")) as server:
        yield server


@pytest.fixture
def url(server: RabbitMQ) -> str:
    server.start()
    return server.url()


def memory() -> int:
    """The resident bytes of this process."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


def publish(bus: RabbitMQBus, count: int, body: str = "x") -> None:
    for first in range(1, count + 1):
        bus.publish(first, [event(first, body)], 1)


def confirms(bus: RabbitMQBus) -> None:
    """Publish, until the broker has confirmed it."""
    goal = bus.publisher.confirmed + 1
    publish(bus, 1)
    until(lambda: bus.publisher.confirmed >= goal, "the confirm")


def test_F14_broker_down_memory_flat(server: RabbitMQ, url: str) -> None:
    with connected_bus(url, LOG) as bus, listening(url, "flat", LOG) as ear:
        publish(bus, 10)
        until(lambda: bus.publisher.confirmed == 10 and "flat" in on_disk(server), "the confirms")
        server.kill()
        until(lambda: bus.state.error is not None and ear.error is not None, "the loss")
        before = memory()
        publish(bus, MANY, LARGE)
        assert memory() - before < FLAT
        assert bus.state.waiting <= MOST_BATCHES
        assert bus.state.dropped >= MANY - MOST_BATCHES - 2
        woken = ear.woken
        server.start()
        until(lambda: bus.publisher.confirmed >= 10 + MOST_BATCHES, "the confirms")
        until(lambda: ear.woken > woken + 1, "the words")
        until(lambda: (bus.state.error, bus.state.waiting) == (None, 0), "all is well again")


def test_F14_broker_never_there() -> None:
    with closing(RabbitMQBus("amqp://parley:none@127.0.0.1:9//", lambda: LOG)) as bus:
        ear = bus.subscribe("none")
        until(lambda: "ConnectionRefusedError" in str(bus.state.error), "the refusal")
        publish(bus, 10)
        # By their own process, as ever.
        ear.wait(3600)
        assert bus.state.waiting == 10


def test_F14_wrong_password(server: RabbitMQ) -> None:
    server.start()
    with closing(RabbitMQBus(f"amqp://parley:wrong@127.0.0.1:{server.port}//", lambda: LOG)) as bus:
        until(lambda: "ACCESS_REFUSED" in str(bus.state.error), "the refusal")
        assert "wrong" not in str(bus.state.error)


@pytest.mark.parametrize("seconds", [0, pytest.param(60, marks=pytest.mark.long)])
def test_F14_broker_down(tmp_path: Path, server: RabbitMQ, url: str, seconds: int) -> None:
    """Every write is answered as ever; each server sees the writes of the other."""
    before = on_disk(server)

    async def scenario(log_url: str) -> None:
        async with Load([one.url for one in servers], await new_chats(servers[0])) as load:
            await load.grown(100)
            await asyncio.to_thread(
                until, lambda: len(on_disk(server) - before) == 4, "queues of all followers"
            )
            await asyncio.to_thread(server.kill)
            await load.grown(200)
            await asyncio.sleep(seconds)
            await load.grown(100)
            await asyncio.to_thread(server.start)
            await load.grown(100)
        assert {*load.history.ends} == {"201"}
        await agree(load, servers, log_url)

    with (
        new_log_url("mariadb", tmp_path) as log_url,
        cluster(tmp_path, log_url, 2, PARLEY_BUS_URL=url) as servers,
    ):
        asyncio.run(scenario(log_url))


def test_F15_memory_alarm_confirms_nothing(server: RabbitMQ, url: str) -> None:
    with connected_bus(url, LOG) as bus, channel(url) as own:
        queue = own.queue_declare("counted", durable=True, auto_delete=False).queue
        own.queue_bind(queue, EXCHANGE)
        publish(bus, 5)
        until(lambda: bus.publisher.confirmed == 5, "the confirms")
        with memory_alarm(server):
            publish(bus, 1)
            until(lambda: "connection.blocked" in str(bus.state.error), "the alarm")
            before = memory()
            publish(bus, MANY, LARGE)
            assert memory() - before < FLAT
            assert bus.publisher.confirmed == 5
        until(lambda: bus.state.error is None and bus.state.waiting == 0, "the end of the alarm")
        until(lambda: waiting(url, queue) == bus.publisher.confirmed, "as many messages as confirms")
        assert bus.publisher.confirmed > 6
        own.queue_delete(queue)


def test_F15_a_bus_can_be_closed_in_an_alarm(server: RabbitMQ, url: str) -> None:
    with connected_bus(url, LOG) as bus, memory_alarm(server):
        publish(bus, 1)
        until(lambda: "connection.blocked" in str(bus.state.error), "the alarm")
        bus.close()
        assert bus.publisher.confirmed == 0


def test_F15_writes_go_on(tmp_path: Path, server: RabbitMQ, url: str) -> None:
    async def scenario(log_url: str) -> None:
        async with Load([one.url for one in servers], await new_chats(servers[0])) as load:
            await load.grown(100)
            await asyncio.to_thread(server.control, "set_vm_memory_high_watermark", "0.0001")
            await load.grown(300)
            await asyncio.to_thread(server.control, "set_vm_memory_high_watermark", "0.8")
            await load.grown(100)
        assert {*load.history.ends} == {"201"}
        await agree(load, servers, log_url)

    with (
        new_log_url("mariadb", tmp_path) as log_url,
        cluster(tmp_path, log_url, 2, PARLEY_BUS_URL=url) as servers,
    ):
        asyncio.run(scenario(log_url))


def test_F16_broker_wiped(server: RabbitMQ, url: str) -> None:
    with connected_bus(url, LOG) as bus, listening(url, "wiped", LOG) as ear:
        publish(bus, 10)
        until(lambda: bus.publisher.confirmed == 10, "the confirms")
        woken = ear.woken
        forget(server)
        until(lambda: ear.woken > woken and bus.state.error is None, "the look after it was deaf")
        woken = ear.woken
        publish(bus, 1)
        until(lambda: ear.woken > woken, "the word")


@pytest.mark.long
def test_F16_queue_without_a_leader(server: RabbitMQ, url: str) -> None:
    """The broker is killed as soon as the queue is declared: it does not answer, nor lets anything be confirmed."""
    with connected_bus(url, LOG) as bus:
        for turn in range(3):
            with listening(url, f"leaderless{turn}", LOG) as ear:
                server.kill()
                until(lambda: bus.state.error is not None and ear.error is not None, "the loss")
                server.start()
                until(lambda: ear.error is None, "a queue that answers")
                confirms(bus)


@pytest.mark.long
def test_F14_broker_hung(server: RabbitMQ, url: str) -> None:
    """Nothing comes from it, not even the end of a connection; it is noticed, and outlasted."""
    with connected_bus(url, LOG) as bus, listening(url, "hung", LOG) as ear:
        server.pause()
        publish(bus, MANY, LARGE)
        assert bus.publisher.confirmed == 0
        until(lambda: bus.state.error is not None and ear.error is not None, "the silence")
        server.resume()
        until(
            lambda: (bus.state.error, bus.state.waiting) == (None, 0) and ear.error is None,
            "all is well again",
        )
        server.pause()
        bus.close()
        server.resume()
