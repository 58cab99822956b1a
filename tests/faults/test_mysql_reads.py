"""A reader's connection breaks, or a statement takes too long: whoever it concerns is told, and no one else."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import TypeVar

import pytest

from engines.mysql_connection import connect
from engines.server_url import parse_mysql
from projections.readmodel.changes import PutApplication, PutChat, PutMessage
from projections.readmodel.errors import ReadModelUnavailable, ReadModelUnreachable
from projections.readmodel.mysql_reads import MySQLReads
from projections.readmodel.open import open_control
from projections.readmodel.store import Generation
from projections.readmodel.views import Page, TablesView
from tests.support.proxy import Proxy
from tests.support.read_engines import READ_ENGINES, ReadEngine, follow
from tests.support.waiting import until

AT = "2026-01-01T00:00:00.000000Z"
T = TypeVar("T")


class Scene:
    """One thread reads through a proxy; a follower writes past it."""

    def __init__(self, engine: ReadEngine, proxy: Proxy) -> None:
        self.url = engine.url
        self.proxy = proxy
        self.generation: Generation = engine.live("tables")
        self.posted = 0
        follow(self.generation, [PutApplication("a", "Desk", AT, AT), PutChat("a", 1, None, AT, AT)])

    def post(self) -> int:
        """One more message; how many there are now."""
        self.posted += 1
        follow(self.generation, [PutMessage("a", 1, self.posted, 1, "x", None, AT, AT, self.posted + 2)])
        return self.posted

    def replay(self) -> None:
        """Another generation with the same in it is live, and this one gone."""
        with closing(open_control(self.url)) as control:
            number = control.start_building("tables")
            to = control.generation("tables", number, must_be_live=False)
            with closing(to), self.generation.hold():
                changes = [
                    PutMessage("a", 1, n, 1, "x", None, AT, AT, n + 2) for n in range(1, self.posted + 1)
                ]
                follow(to, [PutApplication("a", "Desk", AT, AT), PutChat("a", 1, None, AT, AT), *changes])
                control.flip("tables", 1, number)
            self.generation.close()
            control.give_up_previous("tables", 2**62)
            control.drop_old("tables")

    @contextmanager
    def reading(self, most_seconds: float = 30) -> Iterator["Reader"]:
        """What asks; it is always the same thread, and so the same connection, that answers."""
        url = f"{self.proxy.through(self.url)}?ssl-mode=disabled"
        with asyncio.Runner() as runner:

            async def opened() -> MySQLReads:
                return MySQLReads(url, threads=1, most_waiting=9, most_seconds=most_seconds)

            with closing(runner.run(opened())) as reads:
                yield Reader(runner, reads)

    def kill(self, such: str = "TRUE") -> list[int]:
        """End this database's connections that are such, but for the one that asks; which they were."""
        with closing(connect(self.url)) as asking, asking.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM information_schema.processlist"
                f" WHERE db = DATABASE() AND id <> CONNECTION_ID() AND {such}"
            )
            found = [number for (number,) in cursor.fetchall()]
            for number in found:
                cursor.execute(f"KILL {number}")
            return found

    @contextmanager
    def chats_locked(self) -> Iterator[None]:
        """Whoever reads the chats waits."""
        with closing(connect(self.url)) as other, other.cursor() as cursor:
            cursor.execute("LOCK TABLES chats_g1 WRITE")
            yield


class Reader:
    """Asks, from one thread."""

    def __init__(self, runner: asyncio.Runner, reads: MySQLReads) -> None:
        self._runner = runner
        self._reads = reads

    def __call__(self, query: Callable[[TablesView], T]) -> T:
        return self._runner.run(self._reads.read(query))

    def together(
        self, *queries: Callable[[TablesView], T], meanwhile: Callable[[], object] = int
    ) -> list[T | BaseException]:
        """What each comes to, asked in one packet; `meanwhile` is done before it is sent."""
        return self._runner.run(self._together(queries, meanwhile))

    async def _together(
        self, queries: Sequence[Callable[[TablesView], T]], meanwhile: Callable[[], object]
    ) -> list[T | BaseException]:
        ready = threading.Event()
        busy = asyncio.create_task(self._reads.read(lambda _: ready.wait(9)))
        tasks = [asyncio.create_task(self._reads.read(query)) for query in queries]
        await asyncio.to_thread(meanwhile)
        ready.set()
        assert await busy
        return await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture(params=["mariadb", pytest.param("mysql", marks=pytest.mark.long)])
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    with ExitStack() as stack:
        engine = stack.enter_context(READ_ENGINES[request.param]())
        target = parse_mysql(engine.url)
        yield Scene(engine, stack.enter_context(Proxy(target.host, target.port)))


def messages(view: TablesView) -> int:
    """How many there are, by one question."""
    return len(view.messages("a", 1, Page(100)) or [])


def application(view: TablesView) -> bytes | None:
    return view.application("a")


WAITS = "state LIKE 'Waiting for table%'"


def test_a_connection_that_was_lost_while_idle_is_replaced_unnoticed(scene: Scene) -> None:
    with scene.reading() as read:
        for break_it in (scene.kill, scene.proxy.reset_all):
            assert read(messages) == scene.posted
            break_it()
            scene.generation.checkpoint()
            scene.post()
            assert read.together(messages, messages, meanwhile=break_it) == [scene.posted] * 2


def test_a_connection_killed_in_the_middle_of_a_read(scene: Scene) -> None:
    """The server ends it while it works on the statement: that is asked once more, and after that given up."""
    with scene.reading() as read, scene.chats_locked():
        assert read(application) is not None
        killer = threading.Thread(
            target=lambda: [until(lambda: scene.kill(WAITS), "a read") for _ in range(2)]
        )
        killer.start()
        with pytest.raises(ReadModelUnavailable):
            read(messages)
        killer.join()
        assert read(application) is not None


def test_a_read_asks_once(scene: Scene) -> None:
    """The answer to a second question would be of another moment."""
    with scene.reading() as read:
        with pytest.raises(RuntimeError, match="one question"):
            read(lambda view: (messages(view), application(view)))
        assert read(lambda view: (messages(view), view.position)) == (0, 2)


def test_an_error_reaches_only_who_caused_it(scene: Scene) -> None:
    def fails(view: TablesView) -> int:
        raise LookupError(messages(view))

    with scene.reading() as read:
        first, failed, last = read.together(messages, fails, messages)
        assert (first, last) == (0, 0)
        assert isinstance(failed, LookupError)


def test_the_generation_changes_before_a_batch_is_sent(scene: Scene) -> None:
    with scene.reading() as read:
        scene.post()
        assert read(messages) == 1
        assert read.together(messages, messages, messages, meanwhile=scene.replay) == [1, 1, 1]


def test_a_statement_of_a_batch_takes_too_long(scene: Scene) -> None:
    with scene.reading(most_seconds=0.5) as read, scene.chats_locked():
        first, refused, last = read.together(application, messages, application)
    assert isinstance(refused, ReadModelUnavailable)
    assert first == last
    assert first is not None


def test_the_server_goes_away_under_a_batch(scene: Scene) -> None:
    with scene.reading(most_seconds=0.1) as read:
        assert read(messages) == 0

        def away() -> None:
            scene.proxy.black_hole()
            scene.proxy.reset_all()

        found = read.together(messages, messages, meanwhile=away)
        assert [type(error) for error in found] == [ReadModelUnreachable] * 2
        scene.proxy.heal()
        assert read.together(messages, messages) == [0, 0]


def test_a_read_that_takes_too_long_is_ended_by_the_server(scene: Scene) -> None:
    with scene.reading(most_seconds=0.5) as read:
        with scene.chats_locked():
            with pytest.raises(ReadModelUnavailable, match=r"\((1969|3024)\)"):
                read(messages)
            assert scene.kill(WAITS) == []
            assert read(application) is not None
        assert scene.post() == read(messages)


def test_a_connection_that_says_nothing_more_is_given_up(scene: Scene) -> None:
    with scene.reading(most_seconds=0.1) as read:
        assert read(messages) == 0
        scene.proxy.freeze()
        # The same is asked on a new connection.
        assert scene.post() == read(messages)
        scene.proxy.thaw()
        scene.proxy.black_hole()
        scene.proxy.reset_all()
        with pytest.raises(ReadModelUnavailable):
            read(messages)
        scene.proxy.heal()
        assert scene.post() == read(messages)
