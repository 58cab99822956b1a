"""No reader of the library's port misses, repeats or reorders an event; its own suites would not notice."""

import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from threading import Thread

import pytest
from eventsourcing.persistence import Notification, OperationalError, StoredEvent
from eventsourcing.utils import Environment

from eventstore.errors import LogContended
from eventstore.library import LibraryFactory
from eventstore.library.application import LibraryApplicationRecorder
from projections.readmodel.store import Checkpoint
from tests.support.library_suites import ENGINES as DATABASES
from tests.support.logs import ENGINES
from tests.support.tail_readers import END, Seen, Sight, differences
from tests.support.tailing import Size, Ways, run

SIZE = Size(processes=3, threads=3, transactions=40, readers=2, patience=60)


def factory(url: str) -> LibraryFactory:
    return LibraryFactory(Environment("Orders", {"PARLEY_LIBRARY_URL": url, "ORIGINATOR_ID_TYPE": "text"}))


class Opened:
    """A recorder of one thread."""

    def __init__(self, url: str) -> None:
        self._factory = factory(url)
        recorder = self._factory.application_recorder()
        assert isinstance(recorder, LibraryApplicationRecorder)
        self.recorder = recorder

    def close(self) -> None:
        self._factory.close()


class LibraryAppends(Opened):
    """Implements `tail_writers.Appends`; the events' state is their id."""

    _open: ExitStack

    def begin(self, chats: Sequence[int], ids: Sequence[bytes], padding: int) -> None:  # noqa: ARG002
        events = [
            StoredEvent(f"{event_id.hex()}", 1, f"chat {chats[place % len(chats)]}", event_id)
            for place, event_id in enumerate(ids)
        ]
        with ExitStack() as stack, refusing():
            session = stack.enter_context(self.recorder.transaction())
            self.recorder._insert_events(session, events)
            self._open = stack.pop_all()

    def commit(self) -> None:
        with refusing():
            self._open.close()

    def rollback(self) -> None:
        # As an exception in the block would; the context manager lets it pass on.
        assert not self._open.__exit__(Undone, Undone(), None)


class Undone(Exception):
    """What ends a transaction that is rolled back."""


@contextmanager
def refusing() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise LogContended(str(error)) from error


class LibraryReads(Opened):
    """Implements `tail_readers.Reads`."""

    def read(self, before: Checkpoint, limit: int) -> tuple[list[Seen], Checkpoint]:
        page = self.recorder.select_notifications(before.position, limit, inclusive_of_start=False)
        seen = [seen_in(notification) for notification in page]
        return seen, Checkpoint("", *seen[-1]) if seen else before


def seen_in(notification: Notification) -> Seen:
    return Seen(notification.id, notification.state)


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    with DATABASES[request.param]() as url:
        yield url


def test_every_reader_sees_every_event_once_and_in_order(url: str) -> None:
    with closing(Opened(url)) as opened:
        subscribed: dict[str, list[Seen]] = {}

        def subscribe(name: str, topics: Sequence[str]) -> None:
            with opened.recorder.subscribe(topics=topics) as events:
                subscribed[name] = list(up_to_the_end(map(seen_in, events)))

        wanted = {"all": [], "some": ["chat 1", "chat 5", "chat 100"]}
        threads = [Thread(target=subscribe, args=item) for item in wanted.items()]
        for thread in threads:
            thread.start()
        seed = random.randrange(1 << 32)
        print(f"seed {seed}")  # noqa: T201 - pytest shows it with a failure
        ran = run(Ways(LibraryAppends, LibraryReads, overlap=False), url, SIZE, seed)
        for thread in threads:
            thread.join()
        found = opened.recorder.select_notifications(None, 1 << 30)
        some = opened.recorder.select_notifications(None, 1 << 30, topics=wanted["some"])
        head = opened.recorder.max_notification_id()

    events = [seen_in(notification) for notification in found]
    assert [event.position for event in events] == list(range(1, (head or 0) + 1))
    assert sorted(event.event_id for event in events) == sorted(ran.written.committed)
    assert ran.written.undone
    assert ran.differences(events) == []
    assert differences(events, [Sight(0, subscribed["all"])]) == []
    assert subscribed["some"] == [seen_in(notification) for notification in some]
    assert [n.id for n in some] == [n.id for n in found if n.topic in wanted["some"]]


def up_to_the_end(events: Iterator[Seen]) -> Iterator[Seen]:
    for event in events:
        yield event
        if event.event_id == END:
            return
