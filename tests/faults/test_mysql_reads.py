"""A reader's connection breaks, or its statement takes too long: no half-finished transaction meets the next read."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import TypeVar

import pytest

from engines.mysql_connection import connect
from engines.server_url import parse_mysql
from projections.readmodel.changes import PutApplication, PutChat, PutMessage
from projections.readmodel.errors import ReadModelUnavailable
from projections.readmodel.mysql_reads import MySQLReads
from projections.readmodel.store import Generation
from projections.readmodel.views import Page, TablesView
from tests.support.proxy import Cut, Proxy
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

    @contextmanager
    def reading(self, most_seconds: float = 30) -> Iterator[Callable[[Callable[[TablesView], T]], T]]:
        """What asks; it is always the same thread, and so the same connection, that answers."""
        url = f"{self.proxy.through(self.url)}?ssl-mode=disabled"
        with asyncio.Runner() as runner:

            async def opened() -> MySQLReads:
                return MySQLReads(url, threads=1, most_waiting=9, most_seconds=most_seconds)

            with closing(runner.run(opened())) as reads:
                yield lambda query: runner.run(reads.read(query))

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


@pytest.fixture(params=["mariadb", pytest.param("mysql", marks=pytest.mark.long)])
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    with ExitStack() as stack:
        engine = stack.enter_context(READ_ENGINES[request.param]())
        target = parse_mysql(engine.url)
        yield Scene(engine, stack.enter_context(Proxy(target.host, target.port)))


def messages(view: TablesView) -> int:
    """How many there are, by one question."""
    return len(view.messages("a", 1, Page(100)) or [])


def messages_twice(view: TablesView) -> tuple[int, int]:
    """The same by two questions, which are asked in one transaction."""
    return messages(view), messages(view)


WAITS = "state LIKE 'Waiting for table%'"


def test_a_connection_that_was_lost_while_idle_is_replaced_unnoticed(scene: Scene) -> None:
    with scene.reading() as read:
        for break_it in (scene.kill, scene.proxy.reset_all):
            assert read(messages) == scene.posted
            break_it()
            scene.generation.checkpoint()
            assert read(messages_twice) == (scene.posted,) * 2
            scene.post()


def test_a_connection_killed_in_the_middle_of_a_read(scene: Scene) -> None:
    """The server ends it while it works on the statement: that is asked once more, and after that given up."""
    with scene.reading() as read, scene.chats_locked():
        assert read(lambda view: view.application("a")) is not None
        killer = threading.Thread(
            target=lambda: [until(lambda: scene.kill(WAITS), "a read") for _ in range(2)]
        )
        killer.start()
        with pytest.raises(ReadModelUnavailable):
            read(messages)
        killer.join()
        assert read(lambda view: view.application("a")) is not None


@pytest.mark.parametrize("broken_by", ["kill", "reset"])
def test_a_transaction_that_breaks_is_over(scene: Scene, broken_by: str) -> None:
    """The next read is of now, not of the moment at which the transaction began."""
    with scene.reading() as read:

        def breaks(view: TablesView) -> None:
            messages_twice(view)
            scene.kill("command = 'Sleep'") if broken_by == "kill" else scene.proxy.reset_all()
            messages(view)

        with pytest.raises(ReadModelUnavailable):
            read(breaks)
        assert scene.post() == read(messages)
        assert read(messages_twice) == (scene.posted,) * 2


def test_a_transaction_whose_reader_fails_is_over(scene: Scene) -> None:
    def fails(view: TablesView) -> None:
        messages_twice(view)
        raise LookupError("mine")

    with scene.reading() as read:
        with pytest.raises(LookupError):
            read(fails)
        assert scene.post() == read(messages)


@pytest.mark.parametrize("how", list(Cut))
@pytest.mark.parametrize("pattern", [b"START TRANSACTION", b"ROLLBACK"])
def test_a_lost_beginning_or_end_of_a_transaction_leaves_none_open(
    scene: Scene, pattern: bytes, how: Cut
) -> None:
    with scene.reading() as read:
        scene.post()
        assert read(messages) == 1
        scene.proxy.cut_on(pattern, how, seconds=0.1)
        assert read(messages_twice) == (1, 1)
        assert scene.proxy.counts[how.name] == 1
        assert scene.post() == read(messages)
        assert read(messages_twice) == (2, 2)


def test_a_read_that_takes_too_long_is_ended_by_the_server(scene: Scene) -> None:
    with scene.reading(most_seconds=0.5) as read:
        with scene.chats_locked():
            with pytest.raises(ReadModelUnavailable, match=r"\((1969|3024)\)"):
                read(messages)
            with pytest.raises(ReadModelUnavailable, match=r"\((1969|3024)\)"):
                read(messages_twice)
            assert scene.kill(WAITS) == []
            assert read(lambda view: view.application("a")) is not None
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
