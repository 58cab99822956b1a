"""The log means the same on a server whose own settings would change what statements and values mean."""

import asyncio
from collections.abc import Iterator
from contextlib import closing

import pytest

from eventstore import streams
from eventstore.appender import Appender
from eventstore.clock import system_clock
from eventstore.command import Decision, Outcome
from eventstore.errors import TooLarge
from eventstore.events import MessageCreated
from eventstore.inprocess_bus import InProcessBus
from eventstore.log import CommandKey, FactRef, Footprint, Log, NewEvent, NewRecord, StreamState, Writes
from eventstore.open import open_log
from eventstore.view import View
from tests.support.mysql import execute, new_log_in, server

ODD = (
    "--default-time-zone=-09:30",
    "--character-set-server=latin1",
    "--collation-server=latin1_german1_ci",
    "--sql-mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,NO_UNSIGNED_SUBTRACTION,PAD_CHAR_TO_FULL_LENGTH",
    "--transaction-isolation=SERIALIZABLE",
    "--autocommit=0",
    "--group-concat-max-len=4",
    "--max-allowed-packet=1M",
)
NONE: frozenset[str] = frozenset()
T = "t" * 43


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    with (
        server(tmp_path_factory.mktemp("odd"), *ODD) as running,
        closing(open_log(new_log_in(running, "parley"))) as log,
    ):
        assert execute(running, "SELECT @@global.autocommit, @@global.sql_mode LIKE '%ANSI%'") == [(0, 1)]
        yield log


def test_names_and_keys_are_told_apart_byte_by_byte(log: Log) -> None:
    alike = [
        "straße",
        "strasse",
        "STRASSE",
        "strasse ",
        "🍣",
        "🍺",
        "e\u0301",
        "é",
        "\\",
        "'",
        '"',
        "a b",
        "a,b",
    ]
    writer = log.writer()
    writer.load(Footprint(frozenset(alike), NONE, NONE, frozenset(), frozenset()))
    first = writer.commit(
        Writes(
            1_800_000_000_123_456,
            [NewEvent(name, 1, name.encode().ljust(16)[:16], "Topic.1", name.encode()) for name in alike],
            {name: StreamState(1) for name in alike},
            [NewRecord(CommandKey(name, name, name.encode()), -1, b"\x00'\\\xff") for name in alike],
        )
    )
    loaded = writer.load(
        Footprint(
            frozenset(alike),
            NONE,
            NONE,
            frozenset((name, name) for name in alike),
            frozenset(FactRef(name) for name in alike),
        )
    )
    writer.close()
    assert {name: event.state.decode() for (name, _), event in loaded.events.items()} == dict(
        zip(alike, alike, strict=True)
    )
    assert {key: record.fingerprint.decode() for key, record in loaded.records.items()} == {
        (name, name): name for name in alike
    }
    recorded = log.read(first - 1, 100)
    assert [(e.stream, e.state.decode(), e.recorded_at) for e in recorded] == [
        (name, name, 1_800_000_000_123_456) for name in alike
    ]


class Post:
    """Posts a message of the largest size."""

    exclusive = (streams.messages(T, 1),)
    shared: tuple[str, ...] = ()
    peek: tuple[str, ...] = ()
    refs: tuple[FactRef, ...] = ()
    key = None
    size = 10_000

    def admit(self, view: View) -> None:
        """Everybody may."""

    def decide(self, view: View, at: str) -> Decision:
        row = view.stream(streams.messages(T, 1))
        number = (row.version if row else 0) + 1
        fact = MessageCreated(token=T, at=at, chat=1, number=number, body="\u0001" * 10_000, sender=None)
        return Decision((fact,), str(number).encode())

    def owners(self, answer: bytes) -> tuple[str, ...]:
        raise AssertionError(answer)


def test_F13_a_batch_that_is_too_large_for_the_server_goes_in_parts(log: Log) -> None:
    async def scenario() -> list[Outcome]:
        appender = Appender(log.writer, InProcessBus(), system_clock)
        appender.start()
        try:
            return await asyncio.gather(*[appender.submit(Post()) for _ in range(60)])
        finally:
            await asyncio.get_running_loop().run_in_executor(None, appender.close)

    answers = asyncio.run(scenario())
    assert [int(outcome.answer) for outcome in answers] == list(range(1, 61))


class PostMany(Post):
    """Posts so many messages of the largest size."""

    def __init__(self, count: int) -> None:
        self._count = count

    def decide(self, view: View, at: str) -> Decision:
        row = view.stream(streams.messages(T, 1))
        first = (row.version if row else 0) + 1
        facts = tuple(
            MessageCreated(token=T, at=at, chat=1, number=number, body="\u0001" * 10_000, sender=None)
            for number in range(first, first + self._count)
        )
        return Decision(facts, str(first).encode())


def test_F13_a_command_that_is_too_large_by_itself_is_refused_for_good(log: Log) -> None:
    """Those that came with it are not."""

    async def scenario() -> list[Outcome | BaseException]:
        appender = Appender(log.writer, InProcessBus(), system_clock)
        appender.start()
        try:
            posts = [Post(), PostMany(20), PostMany(2)]
            waiting = [appender.submit(post) for post in posts]
            return await asyncio.gather(*waiting, return_exceptions=True)
        finally:
            await asyncio.get_running_loop().run_in_executor(None, appender.close)

    before, refused, after = asyncio.run(scenario())
    assert isinstance(before, Outcome)
    assert isinstance(refused, TooLarge)
    assert isinstance(after, Outcome)
    assert int(after.answer) == int(before.answer) + 1


def test_nothing_is_wrong_with_it(log: Log) -> None:
    assert log.check() == []
