"""F07 on the library's port: a COMMIT without an answer is told apart, and the same events again tell what it did."""

from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from eventsourcing.persistence import DataError, IntegrityError, StoredEvent, Tracking
from eventsourcing.utils import Environment

from engines.mysql_connection import connect
from eventstore.library import LibraryFactory
from eventstore.library.errors import OutcomeUnknownError
from tests.support.databases import new_database
from tests.support.proxy import Cut, Proxy

EVENTS = [StoredEvent("a", version, "t", b"") for version in (1, 2)]


@pytest.fixture(params=["mariadb", pytest.param("mysql", marks=pytest.mark.long)])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    with new_database(request.param) as url:
        yield url


@pytest.fixture
def proxy(url: str) -> Iterator[Proxy]:
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    with Proxy(parts.hostname, parts.port) as proxy:
        yield proxy


@pytest.fixture
def factory(url: str, proxy: Proxy) -> Iterator[LibraryFactory]:
    # What goes encrypted has no patterns to cut on.
    url = f"{proxy.through(url)}?ssl-mode=disabled"
    settings = {"PARLEY_LIBRARY_URL": url, "ORIGINATOR_ID_TYPE": "text"}
    with closing(LibraryFactory(Environment("Orders", settings))) as factory:
        yield factory


@pytest.mark.parametrize("how", [Cut.REPLY_LOST, Cut.UNANSWERED, Cut.HELD])
def test_it_was_committed(proxy: Proxy, factory: LibraryFactory, how: Cut) -> None:
    """Even if it comes late: the head's lock makes the second attempt wait for it."""
    recorder = factory.process_recorder()
    proxy.cut_on(b"COMMIT", how)
    with pytest.raises(OutcomeUnknownError):
        recorder.insert_events(EVENTS, tracking=Tracking("upstream", 1))
    with pytest.raises(IntegrityError):
        recorder.insert_events(EVENTS)

    assert recorder.select_events("a") == EVENTS
    assert recorder.max_tracking_id("upstream") == 1
    assert recorder.insert_events([StoredEvent("b", 1, "t", b"")]) == [3]


def test_it_was_rolled_back(proxy: Proxy, factory: LibraryFactory) -> None:
    recorder = factory.application_recorder()
    proxy.cut_on(b"COMMIT", Cut.BEFORE)
    with pytest.raises(OutcomeUnknownError):
        recorder.insert_events(EVENTS)

    assert recorder.insert_events(EVENTS) == [1, 2]


def test_what_was_lost_before_commit_is_done_again(url: str, factory: LibraryFactory) -> None:
    recorder = factory.application_recorder()
    for number in range(1, 4):
        end_others(url)
        assert recorder.insert_events([StoredEvent("a", number, "t", b"")]) == [number]
        end_others(url)
        assert recorder.max_notification_id() == number


def test_a_connection_that_breaks_in_the_middle_is_replaced(proxy: Proxy, factory: LibraryFactory) -> None:
    recorder = factory.application_recorder()
    for number, pattern in enumerate((b"BEGIN", b"UPDATE", b"INSERT"), 1):
        proxy.cut_on(pattern, Cut.REPLY_LOST)
        assert recorder.insert_events([StoredEvent("a", number, "t", b"")]) == [number]
    proxy.cut_on(b"SELECT", Cut.REPLY_LOST)
    assert len(recorder.select_events("a")) == 3
    assert proxy.counts["REPLY_LOST"] == 4


def test_a_state_that_no_packet_takes_is_refused(url: str, factory: LibraryFactory) -> None:
    recorder = factory.application_recorder()
    with closing(connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT @@max_allowed_packet")
        [(largest,)] = cursor.fetchall()
    # Zeros are escaped: each takes two bytes.
    fits = StoredEvent("a", 1, "t", bytes(largest // 2 - 5000))
    assert recorder.insert_events([fits]) == [1]
    with pytest.raises(DataError, match="max_allowed_packet"):
        recorder.insert_events([StoredEvent("a", 2, "t", bytes(largest // 2))])

    assert recorder.select_events("a") == [fits]


def end_others(url: str) -> None:
    """End all other connections to the database."""
    with closing(connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
        )
        for (number,) in cursor.fetchall():
            cursor.execute("KILL %s", (number,))
