"""F07, seen from the writer: what `settle` says is so for good, however long it takes to find out."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from engines.server_url import parse_mysql
from eventstore.errors import LogContended, LogUnavailable, OutcomeUnknown
from eventstore.log import Footprint, Log, LogWriter, NewEvent, StreamState, Writes
from eventstore.open import migrate_log, open_log
from tests.services.database import Database
from tests.support.proxy import Cut, Proxy
from tests.support.waiting import until

EVENT = NewEvent("new/stream", 1, b"0123456789abcdef", "Topic.1", b"state")
NOTHING: frozenset[str] = frozenset()


@pytest.fixture
def log(log_url: str) -> Iterator[Log]:
    migrate_log(log_url)
    with closing(open_log(log_url)) as log:
        yield log


@pytest.fixture
def proxy(database: Database) -> Iterator[Proxy]:
    with Proxy("127.0.0.1", database.port) as proxy:
        yield proxy


@pytest.fixture
def writer(proxy: Proxy, log: Log, log_url: str) -> Iterator[LogWriter]:  # noqa: ARG001 - it has made the tables
    with (
        closing(open_log(f"{proxy.through(log_url)}?ssl-mode=disabled")) as proxied,
        closing(proxied.writer()) as writer,
    ):
        yield writer


def commit_in_doubt(writer: LogWriter, proxy: Proxy, how: Cut, seconds: float = 0) -> None:
    """Append the first event of a new stream, of which there is no row that could be locked."""
    writer.load(Footprint(frozenset({EVENT.stream}), NOTHING, NOTHING, NOTHING, NOTHING))
    proxy.cut_on(b"COMMIT", how, seconds=seconds)
    with pytest.raises(OutcomeUnknown):
        writer.commit(Writes(0, [EVENT], {EVENT.stream: StreamState(1)}))


@pytest.mark.parametrize(("how", "position"), [(Cut.BEFORE, None), (Cut.REPLY_LOST, 1)])
def test_F07_the_outcome(log: Log, writer: LogWriter, proxy: Proxy, how: Cut, position: int | None) -> None:
    commit_in_doubt(writer, proxy, how)
    assert writer.settle(EVENT) == position
    assert log.head() == (position or 0)


def test_F07_no_is_for_good(log: Log, writer: LogWriter, proxy: Proxy) -> None:
    """The COMMIT is still on its way when the question is asked."""
    commit_in_doubt(writer, proxy, Cut.HELD, seconds=2)
    assert writer.settle(EVENT) is None
    until(lambda: proxy.counts["late"], "the late COMMIT")
    assert log.head() == 0


def test_F07_no_is_for_good_at_the_second_attempt(log: Log, writer: LogWriter, proxy: Proxy) -> None:
    """The first attempt at an answer is cut off when it has a new connection."""
    commit_in_doubt(writer, proxy, Cut.HELD, seconds=4)
    proxy.cut_on(b"IS_USED_LOCK", Cut.BEFORE)
    with pytest.raises(LogUnavailable):
        writer.settle(EVENT)
    assert writer.settle(EVENT) is None
    until(lambda: proxy.counts["late"], "the late COMMIT")
    assert log.head() == 0


def test_F07_the_database_is_away(log: Log, writer: LogWriter, proxy: Proxy, database: Database) -> None:
    commit_in_doubt(writer, proxy, Cut.REPLY_LOST)
    database.kill()
    for _ in range(2):
        with pytest.raises(LogUnavailable):
            writer.settle(EVENT)
    database.start()
    assert writer.settle(EVENT) == 1
    assert log.head() == 1


def test_F07_another_holds_the_row(writer: LogWriter, proxy: Proxy, database: Database, log_url: str) -> None:
    commit_in_doubt(writer, proxy, Cut.REPLY_LOST)
    with closing(database.admin()) as other:
        other.select_db(parse_mysql(log_url).database)
        other.begin()
        with other.cursor() as cursor:
            cursor.execute("SELECT version FROM streams WHERE name = %s FOR UPDATE", (EVENT.stream,))
        with pytest.raises(LogContended):
            writer.settle(EVENT)
        other.rollback()
        assert writer.settle(EVENT) == 1
