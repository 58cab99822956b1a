"""F17, F18: whatever is delivered, however often and late, the projections are what the log says."""

import json
import logging
import os
import pickle
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from eventstore.bus_messages import Batch, Message, messages
from eventstore.log import NewEvent, Recorded
from eventstore.rabbitmq_bus import RabbitMQBus
from projections import follower as follower_module
from projections.follower import Follower
from projections.projectors import PROJECTIONS
from tests.support.broker import connected_bus, delete_queue, new_name, send
from tests.support.facts import append
from tests.support.folder import NAMES, Folder, data_folder
from tests.support.histories import busy_history
from tests.support.shared_server import shared_server
from tests.support.waiting import until

FACTS = busy_history(300)
CUT = 7


class Scene:
    """Followers that look at the log on a word only, and hear of others only through the broker."""

    def __init__(self, url: str, folder: Folder, followers: Sequence[Follower]) -> None:
        self.url = url
        self.folder = folder
        self.followers = followers

    @property
    def log_id(self) -> str:
        return self.folder.log.log_id

    def append(self, start: int, end: int) -> Batch:
        """Append some of the facts, and tell nobody; gives what would be to publish."""
        last = append(self.folder.log, *FACTS[start:end])
        first = last - (end - start) + 1
        return Batch(first, [new(event) for event in self.folder.log.read(first - 1, end - start)], 1)

    def deliver(self, message: Message) -> None:
        send(self.url, message.body)

    def arrive(self, head: int | None = None) -> None:
        """Wait until all are at the head, and have no complaint."""
        goal = self.folder.log.head() if head is None else head
        until(lambda: all(each.state.position == goal for each in self.followers), "the head")
        assert [each.state.error for each in self.followers] == [None] * len(self.followers)


def new(event: Recorded) -> NewEvent:
    return NewEvent(event.stream, event.version, event.event_id, event.topic, event.state)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    for name in ("POLL", "GLANCE"):
        monkeypatch.setattr(follower_module, name, 3600)
    url = shared_server("rabbitmq").url()
    with data_folder(tmp_path / "data") as folder, ExitStack() as stack:
        bus = stack.enter_context(connected_bus(url, folder.log.log_id))
        followers = [stack.enter_context(following(url, folder, bus, name)) for name in NAMES]
        until(lambda: bus.state.error is None, "the ears")
        yield Scene(url, folder, followers)


@contextmanager
def following(url: str, folder: Folder, bus: RabbitMQBus, name: str) -> Iterator[Follower]:
    queue = f"{name}.{new_name()}"
    follower = Follower(name, folder.tail, folder.control, PROJECTIONS[name], bus.subscribe(queue))
    follower.start()
    try:
        yield follower
    finally:
        follower.stop()
        delete_queue(url, queue)


def test_F17_doubled_reversed_late(scene: Scene) -> None:
    """Each message three times, the last one first; the first half when the second is long there."""
    half = len(FACTS) // 2
    early = [scene.append(start, start + CUT) for start in range(0, half - CUT, CUT)]
    done = len(early) * CUT
    for batch in reversed(early):
        for message in messages(scene.log_id, batch):
            for _ in range(3):
                scene.deliver(message)
    scene.arrive()
    late = [scene.append(start, min(start + CUT, len(FACTS))) for start in range(done, len(FACTS), CUT)]
    for batch in reversed([*early, *late]):
        for message in messages(scene.log_id, batch):
            for _ in range(3):
                scene.deliver(message)
    scene.arrive()
    assert scene.folder.findings() == []


def test_F17_only_the_last_of_all_comes(scene: Scene) -> None:
    batches = [scene.append(start, start + CUT) for start in range(0, len(FACTS) - CUT, CUT)]
    [message] = messages(scene.log_id, batches[-1])
    scene.deliver(message)
    scene.arrive()
    assert scene.folder.findings() == []


class Evil:
    """Leaves a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def test_F18_poison(scene: Scene, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    [message] = messages(scene.log_id, scene.append(0, CUT))
    scene.deliver(message)
    scene.arrive()
    caplog.set_level(logging.WARNING)
    evil = pickle.dumps(Evil(tmp_path / "unpickled"))
    bomb = zlib.compress(bytes(200 << 20))

    send(scene.url, b"{")
    send(scene.url, b"[" * 200_000)
    send(scene.url, b"\xff\xfe\x00")
    send(scene.url, b"")
    send(scene.url, json.dumps({"log_id": scene.log_id, "last": "7"}).encode())
    send(scene.url, json.dumps({"log_id": scene.log_id, "last": -1}).encode())
    send(scene.url, evil, content_type="application/x-python-serialize", content_encoding="binary")
    send(scene.url, evil)
    send(scene.url, b"plain", content_type="text/plain", content_encoding="punycode")
    send(scene.url, bomb, headers={"compression": "application/x-gzip"})
    send(scene.url, b"x" * (10 << 20))
    forged = json.dumps(
        {
            "log_id": scene.log_id,
            "first": 1,
            "last": 2**62,
            "events": [{"position": CUT + 1, "topic": "ApplicationDeleted.1", "fact": {"token": "app1"}}]
            * 50,
        }
    ).encode()
    for _ in range(20):
        send(scene.url, forged)

    [real] = messages(scene.log_id, scene.append(CUT, 2 * CUT))
    scene.deliver(real)
    scene.arrive()

    assert not (tmp_path / "unpickled").exists()
    assert scene.folder.findings() == []
    for name in NAMES:
        said = [
            record.getMessage() for record in caplog.records if record.getMessage().startswith(f"{name}.")
        ]
        for why in ("content type", "larger than 256 KiB", "not JSON", "not a position"):
            assert any(why in line for line in said), why
