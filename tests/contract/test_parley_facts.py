"""Parley's own log as the library reads it, on every engine of the log."""

import os
from collections.abc import Iterator
from contextlib import closing
from itertools import islice, product
from pathlib import Path
from unittest.mock import patch

import pytest
from eventsourcing.application import AggregateNotFoundError
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.persistence import (
    MapperDeserialisationError,
    Notification,
    NotSupportedError,
    OperationalError,
    StoredEvent,
    Tracking,
)
from eventsourcing.projection import ApplicationSubscription, Projection, ProjectionRunner

from eventstore.events import ApplicationCreated, ChatCreated, Fact, MessageCreated
from eventstore.library.facts import FactMapper, ParleyFacts, topics
from eventstore.library.parley_log import ParleyLogRecorder
from eventstore.library.tracking import LibraryTrackingRecorder
from eventstore.log import Log
from eventstore.open import open_log
from tests.support.facts import append, append_each, at
from tests.support.logs import ENGINES, new_log_url
from tests.support.memory_log import MemoryLog

MESSAGES = "messages/token/1"


def message(number: int) -> MessageCreated:
    return MessageCreated(
        token="token", at=at(number), chat=1, number=number, body=f"{number} 🍮", sender=None
    )


FACTS: list[Fact] = [
    ApplicationCreated(token="token", at=at(0), name="Corner shop"),
    ChatCreated(token="token", at=at(0), number=1, title=None),
    *map(message, range(1, 11)),
]


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with new_log_url(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def log(url: str) -> Iterator[Log]:
    with closing(open_log(url)) as log:
        append_each(log, FACTS, cut=1)
        yield log


@pytest.fixture
def app(url: str, log: Log) -> Iterator[ParleyFacts]:  # noqa: ARG001 - the log is filled
    with ParleyFacts(env={"PARLEY_LOG_URL": url}) as app:
        yield app


def test_notifications_decode_to_the_facts(app: ParleyFacts) -> None:
    notifications = app.recorder.select_notifications(None, 100)

    assert [notification.id for notification in notifications] == list(range(1, len(FACTS) + 1))
    assert [app.mapper.to_domain_event(notification) for notification in notifications] == FACTS
    assert [n.originator_id for n in notifications] == [fact.stream for fact in FACTS]
    assert app.recorder.max_notification_id() == len(FACTS)


def test_the_librarys_notification_log_gives_sections(app: ParleyFacts) -> None:
    assert [item.id for item in app.notification_log["3,6"].items] == [3, 4, 5, 6]


@pytest.mark.parametrize("desc", [False, True])
def test_a_streams_events(app: ParleyFacts, desc: bool) -> None:
    versions = range(1, 11)
    for gt, lte, limit in product((None, 0, 3, 10), (None, 1, 7, 99), (None, 1, 4)):
        found = app.recorder.select_events(MESSAGES, gt=gt, lte=lte, desc=desc, limit=limit)
        expected = [v for v in versions if v > (gt or 0) and (lte is None or v <= lte)]
        expected = (expected[::-1] if desc else expected)[:limit]
        assert [event.originator_version for event in found] == expected, (gt, lte, limit)


def test_a_stream_without_events(app: ParleyFacts) -> None:
    assert app.recorder.select_events("messages/token/2", desc=True) == []
    assert list(app.events.get(MESSAGES, gt=9)) == [message(10)]


def test_a_subscription_gives_facts_as_they_are_appended(app: ParleyFacts, log: Log) -> None:
    with ApplicationSubscription(app, gt=len(FACTS) - 1) as facts:
        assert next(facts) == (FACTS[-1], Tracking("ParleyFacts", len(FACTS)))
        append(log, message(11))
        assert next(facts) == (message(11), Tracking("ParleyFacts", len(FACTS) + 1))


def test_a_subscription_to_some_kinds_of_facts(app: ParleyFacts) -> None:
    with ApplicationSubscription(app, topics=topics(ChatCreated, MessageCreated)) as facts:
        assert [fact for fact, _ in islice(facts, len(FACTS) - 1)] == FACTS[1:]


class Bodies(LibraryTrackingRecorder):
    """What was said, in a database of its own."""

    def create_statements(self) -> list[str]:
        types = self.database.types
        table = (
            f"CREATE TABLE IF NOT EXISTS bodies (number {types['integer']} PRIMARY KEY, body {types['blob']})"
        )
        return [*super().create_statements(), table]

    def keep(self, fact: MessageCreated, tracking: Tracking) -> None:
        with self.transaction() as session:
            self._insert_tracking(session, tracking)
            session.insert("bodies", ("number", "body"), [(fact.number, fact.body.encode())])


class Following(Projection[Bodies]):
    topics = topics(MessageCreated)

    @singledispatchmethod
    def process_event(self, domain_event: Fact, tracking: Tracking) -> None:
        raise AssertionError((domain_event, tracking))

    @process_event.register
    def _(self, fact: MessageCreated, tracking: Tracking) -> None:
        self.view.keep(fact, tracking)


def test_a_projection_of_the_library_follows_the_log(url: str, log: Log, tmp_path: Path) -> None:
    settings = {
        "PARLEY_LOG_URL": url,
        "PERSISTENCE_MODULE": "eventstore.library",
        "PARLEY_LIBRARY_URL": f"sqlite:///{tmp_path / 'views.db'}",
    }
    for number in (11, 12):
        # Each round goes on where the last one stopped: a body that came twice would be an error.
        append(log, message(number))
        with ProjectionRunner(
            application_class=ParleyFacts, projection_class=Following, view_class=Bodies, env=settings
        ) as runner:
            runner.wait(log.head(), timeout=60)
            kept = runner.view.database.read("SELECT number, body FROM bodies ORDER BY number")
        assert kept == [(n, f"{n} 🍮".encode()) for n in range(1, number + 1)]


def test_nothing_can_be_written(app: ParleyFacts) -> None:
    with pytest.raises(NotSupportedError):
        app.recorder.insert_events([StoredEvent(MESSAGES, 11, "MessageCreated.1", b"{}")])
    with pytest.raises(NotSupportedError):
        app.events.put([message(11)])  # type: ignore[list-item] - a fact is no event of the library
    for make in (
        app.factory.aggregate_recorder,
        app.factory.tracking_recorder,
        app.factory.process_recorder,
    ):
        with pytest.raises(NotSupportedError):
            make()
    assert app.recorder.max_notification_id() == len(FACTS)


def test_settings_of_other_applications_do_not_matter(url: str, log: Log) -> None:  # noqa: ARG001
    others = {"IS_SNAPSHOTTING_ENABLED": "y", "PERSISTENCE_MODULE": "nowhere", "PARLEY_LOG_URL": url}
    with patch.dict(os.environ, others), ParleyFacts() as app:
        assert app.snapshots is None
        with pytest.raises(AggregateNotFoundError):
            app.repository.get("messages/nobody/1")


@pytest.mark.parametrize("wrong", ["", "sqlite:////nowhere/log.db", "postgres://a:b@c/d", "mysql://secret@"])
def test_a_log_that_is_not_there(wrong: str) -> None:
    with pytest.raises(OSError, match="PARLEY_LOG_URL") as raised:
        ParleyFacts(env={"PARLEY_LOG_URL": wrong})
    assert "secret" not in str(raised.value)


def test_holes_and_failures_of_the_log() -> None:
    log = MemoryLog()
    log.append(*FACTS)
    log.hidden = {3}
    recorder = ParleyLogRecorder(log)

    assert [found.id for found in recorder.select_notifications(None, 100)] == [1, 2]
    log.failures = 1
    with pytest.raises(OperationalError, match="away"):
        recorder.select_notifications(None, 100)


def test_large_facts_are_read_in_several_pages() -> None:
    log = MemoryLog()
    log.append(*FACTS)
    log.most = 1

    assert len(ParleyLogRecorder(log).select_notifications(None, 100)) == len(FACTS)


def test_a_fact_that_is_not_known_is_not_skipped() -> None:
    with pytest.raises(MapperDeserialisationError, match=r"a 1: Later\.1"):
        FactMapper().to_domain_event(Notification("a", 1, "Later.1", b"{}", 1))
