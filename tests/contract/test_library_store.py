"""What the library's suites do not ask of its persistence module on Parley's engines."""

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import (
    ConnectionPoolClosedError,
    DataError,
    IntegrityError,
    PersistenceError,
    ProgrammingError,
    StoredEvent,
    Tracking,
)
from eventsourcing.utils import Environment

from eventstore.library import LibraryFactory
from eventstore.library.application import LibraryApplicationRecorder
from eventstore.library.process import LibraryProcessRecorder
from eventstore.library.session import Session
from eventstore.library.tracking import LibraryTrackingRecorder
from tests.support.library_suites import ENGINES as DATABASES
from tests.support.logs import ENGINES
from tests.support.waiting import until

Open = Callable[..., LibraryFactory]


@pytest.fixture(params=ENGINES)
def factory(request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens the same database once more, as another process would."""
    with ExitStack() as stack:
        url = stack.enter_context(DATABASES[request.param]())

        def opened(name: str = "Orders", ids: str = "text") -> LibraryFactory:
            made = LibraryFactory(Environment(name, {"PARLEY_LIBRARY_URL": url, "ORIGINATOR_ID_TYPE": ids}))
            stack.callback(made.close)
            return made

        yield opened


def application(made: LibraryFactory) -> LibraryApplicationRecorder:
    recorder = made.application_recorder()
    assert isinstance(recorder, LibraryApplicationRecorder)
    return recorder


def event(originator_id: UUID | str, version: int = 1, topic: str = "t", state: bytes = b"") -> StoredEvent:
    return StoredEvent(originator_id, version, topic, state)


def test_what_is_read_is_what_was_written(factory: Open) -> None:
    recorder = application(factory())
    new = event("späte/日本/🍣", 7, "späte:日本.🍺", bytes(range(256)) * 100)
    recorder.insert_events([new])

    assert recorder.select_events(new.originator_id) == [new]
    [notification] = recorder.select_notifications(1, 10)
    assert notification.__dict__ == {**new.__dict__, "id": 1}


def test_ids_and_topics_are_compared_by_their_bytes(factory: Open) -> None:
    recorder = application(factory())
    alike = ["a", "A", "a ", "á", "a\u0301", "🍣", "🍺", "%", "?", "'", "\\", "\0"]
    recorder.insert_events([event(text, topic=text) for text in alike])

    for number, text in enumerate(alike, 1):
        assert [found.originator_id for found in recorder.select_events(text)] == [text]
        assert [found.id for found in recorder.select_notifications(1, 99, topics=[text])] == [number]


def test_what_was_rolled_back_gives_its_ids_back(factory: Open) -> None:
    recorder = application(factory())
    assert recorder.insert_events([event("a")]) == [1]
    with pytest.raises(IntegrityError):
        recorder.insert_events([event("b"), event("a")])

    assert recorder.insert_events([event("b")]) == [2]
    assert recorder.insert_events([]) == []
    assert recorder.max_notification_id() == 2


def test_an_exception_of_any_kind_leaves_no_trace(factory: Open) -> None:
    recorder = factory().process_recorder()
    assert isinstance(recorder, LibraryProcessRecorder)

    def fail(session: Session, error: BaseException) -> None:
        recorder._insert_events(session, [event("a")], tracking=Tracking("upstream", 1))
        raise error

    for error in (KeyError("a view's own"), KeyboardInterrupt(), PersistenceError("whatever")):
        with pytest.raises(type(error)), recorder.transaction() as session:
            fail(session, error)

    assert recorder.max_notification_id() is None
    assert recorder.max_tracking_id("upstream") is None
    assert recorder.insert_events([event("a")], tracking=Tracking("upstream", 1)) == [1]


def test_each_application_has_tables_of_its_own(factory: Open) -> None:
    for name in ("Orders", "Stock", "log", ""):
        assert application(factory(name)).insert_events([event("a")]) == [1]
        factory(name).tracking_recorder().insert_tracking(Tracking("upstream", 1))

    assert application(factory("ORDERS")).max_notification_id() == 1


@pytest.mark.parametrize("name", ["Bücher", "a`b", "a b", "x" * 60])
def test_a_name_that_can_name_no_table_is_refused(factory: Open, name: str) -> None:
    with pytest.raises(ProgrammingError, match="letters, digits"):
        factory(name).application_recorder()


@pytest.mark.parametrize(("kind", "originator_id"), [("uuid", "a"), ("text", "\ud800"), ("text", "x" * 1025)])
def test_an_id_that_could_not_be_read_again_is_refused(factory: Open, kind: str, originator_id: str) -> None:
    recorder = application(factory(ids=kind))
    with pytest.raises(DataError):
        recorder.insert_events([event(originator_id)])

    assert recorder.max_notification_id() is None


def test_uuids_can_be_read_as_text(factory: Open) -> None:
    """A program that goes over to text as ids finds what it stored under UUIDs."""
    one = uuid4()
    application(factory(ids="uuid")).insert_events([event(one)])

    [found] = application(factory(ids="text")).select_events(one)
    assert found.originator_id == one.hex


def test_nothing_is_shown_behind_a_missing_position(factory: Open) -> None:
    recorder = application(factory())
    recorder.insert_events([event("a", version) for version in range(1, 6)])
    with recorder.database.transaction() as session:
        session.execute(f"DELETE FROM {recorder.events_table} WHERE position = 3")

    assert [found.id for found in recorder.select_notifications(1, 10)] == [1, 2]
    assert recorder.select_notifications(3, 10) == []
    assert [found.id for found in recorder.select_notifications(4, 10)] == [4, 5]


def test_a_subscription_sees_what_others_record(factory: Open) -> None:
    mine, other = application(factory()), application(factory())
    with mine.subscribe() as events:
        for version in range(1, 4):
            other.insert_events([event("a", version)])
            assert next(events).originator_version == version


def test_stop_ends_a_subscription_that_waits(factory: Open) -> None:
    events = application(factory()).subscribe()
    ended = threading.Event()

    def follow() -> None:
        assert list(events) == []
        ended.set()

    thread = threading.Thread(target=follow)
    thread.start()
    events.stop()
    thread.join(60)
    assert ended.is_set()


def test_wait_ends_when_it_is_tracked_here_or_elsewhere(factory: Open) -> None:
    mine, other = factory().tracking_recorder(), factory().tracking_recorder()
    for number, recorder in enumerate((mine, other), 1):
        thread = threading.Thread(target=mine.wait, args=("upstream", number, 60.0))
        thread.start()
        recorder.insert_tracking(Tracking("upstream", number))
        until(lambda waiting=thread: not waiting.is_alive(), "the end of the wait")


def test_many_recorders_may_make_their_tables_at_once(factory: Open) -> None:
    failed: list[BaseException] = []

    def make() -> None:
        try:
            factory().process_recorder()
        except BaseException as error:  # noqa: BLE001 - shown below
            failed.append(error)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_a_closed_factory_gives_no_connection(factory: Open) -> None:
    made = factory()
    recorder = application(made)
    made.close()
    made.close()
    with pytest.raises(ConnectionPoolClosedError):
        recorder.max_notification_id()


def test_views_get_the_words_of_their_engine(factory: Open) -> None:
    class View(LibraryTrackingRecorder):
        def create_statements(self) -> list[str]:
            types = self.database.types
            table = f"CREATE TABLE IF NOT EXISTS view (name {types['key']} PRIMARY KEY, body {types['blob']})"
            return [*super().create_statements(), table]

    view = factory("view").tracking_recorder(View)
    with view.transaction() as session:
        session.insert("view", ("name", "body"), [(f"{n}?%s".encode(), b"%?") for n in range(1000)])
        assert session.rows("SELECT COUNT(*) FROM view WHERE body = ?", (b"%?",)) == [(1000,)]
    assert view.database.read("SELECT body FROM view WHERE name = ?", (b"7?%s",)) == [(b"%?",)]


def test_many_processes_may_make_a_file_at_once(tmp_path: Path) -> None:
    """SQLite itself does not wait where two change the journal's mode."""
    spawn = multiprocessing.get_context("spawn")
    rounds, processes = 30, 3
    with spawn.Manager() as manager, ProcessPoolExecutor(processes, spawn) as pool:
        together = manager.Barrier(processes)
        for made in [pool.submit(make_files, str(tmp_path), rounds, together) for _ in range(processes)]:
            assert made.result() == rounds


def make_files(folder: str, rounds: int, together: threading.Barrier) -> int:
    for number in range(rounds):
        together.wait(60)
        settings = {"PARLEY_LIBRARY_URL": f"sqlite:///{folder}/{number}.db"}
        with closing(LibraryFactory(settings)) as factory:
            factory.application_recorder().insert_events([event(uuid4())])
    return rounds
