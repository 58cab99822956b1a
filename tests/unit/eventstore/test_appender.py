"""Group commit: what a batch shares, what it does not, and what happens when the log stumbles."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from eventstore import streams
from eventstore.appender import MOST_BYTES, QUEUE_SECONDS, Appender
from eventstore.command import Decision, Outcome
from eventstore.errors import (
    AnswerGone,
    KeyReused,
    LogConflict,
    LogContended,
    LogUnavailable,
    OutcomeUnknown,
    QueueFull,
)
from eventstore.events import ApplicationCreated, ApplicationDeleted, MessageCreated
from eventstore.inprocess_bus import InProcessBus
from eventstore.log import CommandKey, FactRef, Footprint, Loaded, Log, LogWriter, NewEvent, Writes
from eventstore.measures import Measures
from eventstore.view import View
from tests.support.logs import new_log

T = "t" * 43
POSTS = streams.messages(T, 1)


class Refused(Exception):
    pass


class Post:
    """Posts a message to one chat, or does what `decide` was replaced by."""

    shared: tuple[str, ...] = ()
    peek: tuple[str, ...] = ()
    refs: tuple[FactRef, ...] = ()
    exclusive = (POSTS, streams.application(T))
    size = 10

    def __init__(
        self, body: str = "x", key: CommandKey | None = None, decide: Callable[[View], Decision] | None = None
    ) -> None:
        self.body = body
        self.key = key
        self._decide = decide

    def admit(self, view: View) -> None:
        """Everybody may."""

    def decide(self, view: View, at: str) -> Decision:
        if self._decide is not None:
            return self._decide(view)
        row = view.stream(POSTS)
        number = (row.version if row else 0) + 1
        fact = MessageCreated(token=T, at=at, chat=1, number=number, body=self.body, sender=None)
        return Decision((fact,), str(number).encode())

    def owners(self, answer: bytes) -> tuple[str, ...]:
        return (streams.application(T), streams.message(T, 1, int(answer)))


class Stumbling:
    """A real writer whose calls go wrong on cue: each fault is used once, in order."""

    def __init__(self, writer: LogWriter, faults: list[str], batches: list[int]) -> None:
        self._writer = writer
        self._faults = faults
        self._batches = batches
        self._broken = False

    def load(self, footprint: Footprint) -> Loaded:
        # The appender looks at an idle log, too; the cues are for commands.
        if footprint.exclusive and self._next("load fails"):
            raise LogUnavailable("gone away")
        return self._writer.load(footprint)

    def commit(self, writes: Writes) -> int:
        if self._next("another was first"):
            self._writer.rollback()
            raise LogConflict("duplicate key")
        if self._next("reply lost after commit"):
            self._writer.commit(writes)
            raise OutcomeUnknown("connection lost")
        if self._next("reply lost before commit"):
            raise OutcomeUnknown("connection lost")
        self._batches.append(len(writes.events))
        return self._writer.commit(writes)

    def settle(self, event: NewEvent) -> int | None:
        if self._next("settle breaks"):
            self._broken = True
            raise RuntimeError("no such state is known")
        if self._next("settle fails"):
            raise LogUnavailable("still away")
        if self._next("settle waits in vain"):
            raise LogContended("another holds the rows")
        return self._writer.settle(event)

    def close(self) -> None:
        self._writer.close()
        if self._broken:
            raise RuntimeError("beyond closing")

    def __getattr__(self, name: str) -> object:
        return getattr(self._writer, name)

    def _next(self, fault: str) -> bool:
        if self._faults[:1] == [fault]:
            del self._faults[0]
            return True
        return False


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with new_log("sqlite", tmp_path) as open_log:
        yield open_log()


@asynccontextmanager
async def appending(
    log: Log,
    *faults: str,
    batches: list[int] | None = None,
    queue_limit: int = 100,
    measures: Measures | None = None,
) -> AsyncIterator[Appender]:
    left = list(faults)
    seen: list[int] = [] if batches is None else batches
    appender = Appender(
        lambda: Stumbling(log.writer(), left, seen),  # type: ignore[arg-type, return-value]
        InProcessBus(),
        clock=lambda: 1_000_000,
        queue_limit=queue_limit,
        measures=measures,
    )
    appender.start()
    yield appender
    await asyncio.get_running_loop().run_in_executor(None, appender.close)
    assert left == []


def run(scenario: Callable[[], object]) -> None:
    asyncio.run(scenario())  # type: ignore[arg-type]


async def all_of(*futures: "asyncio.Future[Outcome]") -> list[Outcome | BaseException]:
    return await asyncio.gather(*futures, return_exceptions=True)


def bodies(log: Log) -> list[bytes]:
    return [event.state.partition(b'"body":"')[2][:1] for event in log.read(0, 1000)]


def test_commands_that_wait_share_a_transaction(log: Log) -> None:
    batches: list[int] = []

    async def scenario() -> None:
        async with appending(log, batches=batches) as appender:
            outcomes = await all_of(*[appender.submit(Post()) for _ in range(50)])
        assert outcomes == [Outcome(str(n).encode(), n) for n in range(1, 51)]

    run(scenario)
    assert sum(batches) == 50
    assert len(batches) < 50


def test_only_the_refused_command_fails(log: Log) -> None:
    def refuse(_: View) -> Decision:
        raise Refused

    async def scenario() -> None:
        async with appending(log) as appender:
            one, two, three = await all_of(
                appender.submit(Post("a")), appender.submit(Post(decide=refuse)), appender.submit(Post("b"))
            )
        assert (one, three) == (Outcome(b"1", 1), Outcome(b"2", 2))
        assert isinstance(two, Refused)

    run(scenario)
    assert bodies(log) == [b"a", b"b"]


def test_a_command_sees_what_its_batch_decided_before_it(log: Log) -> None:
    seen: list[object] = []

    class Look(Post):
        refs = (FactRef(POSTS),)

    def look(view: View) -> Decision:
        known = view.fact(POSTS)
        assert known is not None
        seen.append(known.fact)
        return Decision((), b"seen", known.position)

    async def scenario() -> None:
        async with appending(log) as appender:
            _, second = await all_of(appender.submit(Post("a")), appender.submit(Look(decide=look)))
        assert second == Outcome(b"seen", 1)

    run(scenario)
    assert [fact.body for fact in seen if isinstance(fact, MessageCreated)] == ["a"]


def test_a_full_queue_refuses(log: Log) -> None:
    async def scenario() -> None:
        async with appending(log, queue_limit=1) as appender:
            first = appender.submit(Post())
            # Not yet taken: the thread had no chance to, between two lines.
            second = refused_at_once(appender)
            await first
            assert second

    run(scenario)


class Told:
    """Implements Measures."""

    def __init__(self) -> None:
        self.events = self.replays = self.refused = 0

    def appended(self, events: int, replays: int, seconds: float) -> None:
        assert seconds > 0
        self.events += events
        self.replays += replays

    def shed(self) -> None:
        self.refused += 1


def test_it_tells_what_it_appends_answers_again_and_sheds(log: Log) -> None:
    told = Told()

    async def scenario() -> None:
        async with appending(log, measures=told) as appender:
            await all_of(*[appender.submit(Post()) for _ in range(3)])
            await all_of(*[appender.submit(Post(key=KEY)) for _ in range(3)])
        async with appending(log, queue_limit=0, measures=told) as appender:
            with pytest.raises(QueueFull):
                appender.submit(Post())

    run(scenario)
    assert (told.events, told.replays, told.refused) == (4, 2, 1)


def refused_at_once(appender: Appender) -> bool:
    """Whether one of many commands, faster than any commit, is refused."""
    waiting: list[asyncio.Future[Outcome]] = []
    try:
        waiting.extend(appender.submit(Post()) for _ in range(1000))
    except QueueFull:
        return True
    finally:
        for future in waiting:
            future.cancel()
    return False


def test_L2_who_would_wait_for_long_is_refused(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wait is measured in whole batches: what goes with the next one is taken, however slow the log is."""
    monkeypatch.setattr("eventstore.appender.MOST_COMMANDS", 10)
    monkeypatch.setattr("eventstore.appender.QUEUE_SECONDS", 0.0)
    begun, go_on = threading.Event(), threading.Event()

    def hold(_view: View) -> Decision:
        begun.set()
        go_on.wait(60)
        return Decision((), b"")

    async def scenario() -> None:
        async with appending(log) as appender:
            await appender.submit(Post())
            held = appender.submit(Post(decide=hold))
            await asyncio.get_running_loop().run_in_executor(None, begun.wait)
            waiting = [appender.submit(Post()) for _ in range(10)]
            with pytest.raises(QueueFull):
                appender.submit(Post())
            go_on.set()
            await all_of(held, *waiting)
            await appender.submit(Post())

    run(scenario)
    assert len(bodies(log)) == 12


def test_L2_a_command_larger_than_a_batch_is_waited_for_as_one(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever posts batches of 4 MiB does not have the small commands of others refused."""
    begun, go_on = threading.Event(), threading.Event()

    def hold(_view: View) -> Decision:
        begun.set()
        go_on.wait(60)
        return Decision((), b"")

    def large() -> Post:
        post = Post()
        post.size = 4 * MOST_BYTES
        return post

    async def scenario() -> None:
        async with appending(log) as appender:
            held = appender.submit(Post(decide=hold))
            await asyncio.get_running_loop().run_in_executor(None, begun.wait)
            # As after batches that were slow: two of them may be waited for, three may not.
            monkeypatch.setattr(appender, "_batch_seconds", QUEUE_SECONDS * 0.4)
            waiting = [appender.submit(post) for post in (large(), Post(), large(), Post(), large())]
            with pytest.raises(QueueFull):
                appender.submit(Post())
            go_on.set()
            await all_of(held, *waiting)

    run(scenario)
    assert len(bodies(log)) == 5


def test_a_command_nobody_waits_for_is_dropped(log: Log) -> None:
    async def scenario() -> None:
        async with appending(log) as appender:
            waiting = [appender.submit(Post()) for _ in range(3)]
            late = appender.submit(Post("z"))
            late.cancel()
            await all_of(*waiting)

    run(scenario)
    # It may have been taken before it was cancelled, but never twice and never in the way of others.
    assert len(bodies(log)) in (3, 4)


def test_F28_a_commit_that_fails_again_is_an_unavailable_log(log: Log) -> None:
    """As on a full disk, which SQLite reports at COMMIT: the batch fails as a whole, and none of it comes later."""

    async def scenario() -> None:
        async with appending(log, "load fails", *["reply lost before commit"] * 2) as appender:
            with pytest.raises(LogUnavailable):
                await appender.submit(Post("a"))
            answers = await all_of(*[appender.submit(Post("b")) for _ in range(3)])
            assert all(isinstance(answer, LogUnavailable) for answer in answers)
            assert not appender.available
            assert await appender.submit(Post("c")) == Outcome(b"1", 1)
            assert appender.available

    run(scenario)
    assert bodies(log) == [b"c"]


def test_readiness_heals_without_a_command(log: Log) -> None:
    async def scenario() -> None:
        async with appending(log, "load fails") as appender:
            with pytest.raises(LogUnavailable):
                await appender.submit(Post("a"))
            async with asyncio.timeout(30):
                while not appender.available:
                    await asyncio.sleep(0.01)

    run(scenario)


def test_the_thread_outlives_a_writer_that_breaks_while_it_asks(log: Log) -> None:
    async def scenario() -> None:
        async with appending(log, "reply lost before commit", "settle breaks") as appender:
            with pytest.raises(LogUnavailable):
                await appender.submit(Post("a"))
            assert await appender.submit(Post("b")) == Outcome(b"1", 1)

    run(scenario)
    assert bodies(log) == [b"b"]


@pytest.mark.parametrize("fault", ["reply lost after commit", "reply lost before commit"])
def test_F07_a_lost_reply_to_commit_is_resolved(log: Log, fault: str) -> None:
    async def scenario() -> None:
        async with appending(log, fault) as appender:
            assert await all_of(appender.submit(Post("a")), appender.submit(Post("b"))) == [
                Outcome(b"1", 1),
                Outcome(b"2", 2),
            ]

    run(scenario)
    assert bodies(log) == [b"a", b"b"]


@pytest.mark.parametrize("fault", ["settle fails", "settle waits in vain"])
def test_F07_the_question_is_asked_until_it_is_answered(log: Log, fault: str) -> None:
    async def scenario() -> None:
        async with appending(log, "reply lost after commit", fault, fault) as appender:
            assert await appender.submit(Post("a")) == Outcome(b"1", 1)

    run(scenario)
    assert bodies(log) == [b"a"]


def test_a_batch_that_meets_another_writer_is_tried_command_by_command(log: Log) -> None:
    batches: list[int] = []

    async def scenario() -> None:
        async with appending(log, "another was first", batches=batches) as appender:
            outcomes = await all_of(*[appender.submit(Post()) for _ in range(3)])
        assert outcomes == [Outcome(str(n).encode(), n) for n in range(1, 4)]

    run(scenario)
    assert sum(batches) == 3


def test_a_writer_that_is_always_second_gives_up(log: Log) -> None:
    async def scenario() -> None:
        async with appending(log, *["another was first"] * 5) as appender:
            with pytest.raises(LogUnavailable):
                await appender.submit(Post())

    run(scenario)
    assert bodies(log) == []


def test_an_unavailable_log_fails_the_batch_and_the_next_one_works(log: Log) -> None:
    async def scenario() -> None:
        async with appending(log, "load fails") as appender:
            with pytest.raises(LogUnavailable):
                await appender.submit(Post("a"))
            assert await appender.submit(Post("b")) == Outcome(b"1", 1)

    run(scenario)
    assert bodies(log) == [b"b"]


def test_closing_appends_what_waits(log: Log) -> None:
    async def scenario() -> None:
        async with appending(log) as appender:
            waiting = [appender.submit(Post()) for _ in range(10)]
            await asyncio.get_running_loop().run_in_executor(None, appender.close)
            assert len(await all_of(*waiting)) == 10
            with pytest.raises(QueueFull):
                appender.submit(Post())

    run(scenario)
    assert len(bodies(log)) == 10


KEY = CommandKey("scope", "key", b"one request")


def test_a_key_acts_once_within_a_batch_and_later(log: Log) -> None:
    async def scenario() -> None:
        async with appending(log) as appender:
            batch = await all_of(*[appender.submit(Post(key=KEY)) for _ in range(3)])
            later = await appender.submit(Post(key=KEY))
        first, again = Outcome(b"1", 1), Outcome(b"1", 1, replayed=True)
        assert [*batch, later] == [first, again, again, again]

    run(scenario)
    assert len(bodies(log)) == 1


def test_a_key_of_another_request_is_refused(log: Log) -> None:
    async def scenario() -> None:
        async with appending(log) as appender:
            await appender.submit(Post(key=KEY))
            with pytest.raises(KeyReused):
                await appender.submit(Post(key=KEY._replace(fingerprint=b"another")))

    run(scenario)


def test_a_kept_answer_goes_with_its_owner(log: Log) -> None:
    created = ApplicationCreated(token=T, at="1", name="a")
    deleted = ApplicationDeleted(token=T, at="2")

    async def scenario() -> None:
        async with appending(log) as appender:
            await appender.submit(Post(decide=lambda _: Decision((created,), b"")))
            await appender.submit(Post(key=KEY))
            await appender.submit(Post(decide=lambda _: Decision((deleted,), b"")))
            with pytest.raises(AnswerGone):
                await appender.submit(Post(key=KEY))

    run(scenario)


def test_a_refused_command_keeps_no_key(log: Log) -> None:
    def refuse(_: View) -> Decision:
        raise Refused

    async def scenario() -> None:
        async with appending(log) as appender:
            with pytest.raises(Refused):
                await appender.submit(Post(key=KEY, decide=refuse))
            assert await appender.submit(Post(key=KEY)) == Outcome(b"1", 1)

    run(scenario)
