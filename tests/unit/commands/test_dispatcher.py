"""Twins of an idempotency key, and the deadline."""

import asyncio

import pytest

from commands.dispatcher import Dispatcher, StillRunning
from commands.handlers.chats import CreateChatHandler
from commands.http.app import create_app
from commands.intents import CreateChat
from commands.keyrings import Keyrings
from eventstore.command import Command, Outcome
from eventstore.errors import LogUnavailable
from eventstore.log import CommandKey, Recorded

T = "t" * 43
KEY = CommandKey(T, "key", b"request")


class SlowLog:
    """A queue whose futures end when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[asyncio.Future[Outcome]] = []

    def submit(self, _command: Command, _meta: bytes | None = None) -> "asyncio.Future[Outcome]":
        self.waiting.append(asyncio.get_running_loop().create_future())
        return self.waiting[-1]


class NoKeys:
    """Streams of a log in which no application has a key."""

    def read_stream(self, stream: str, after: int, limit: int) -> list[Recorded]:  # noqa: ARG002
        return []


def new_dispatcher(log: SlowLog, **deadlines: float) -> Dispatcher:
    return Dispatcher(log, Keyrings(NoKeys()), **deadlines)


def create(key: CommandKey | None = KEY) -> CreateChatHandler:
    return CreateChatHandler(CreateChat(token=T), key)


async def until_waiting(log: SlowLog, count: int) -> None:
    while len(log.waiting) < count:
        await asyncio.sleep(0)


def test_a_twin_waits_for_the_first() -> None:
    async def scenario() -> None:
        log = SlowLog()
        dispatcher = new_dispatcher(log)
        first = asyncio.create_task(dispatcher.send(create()))
        second = asyncio.create_task(dispatcher.send(create()))
        other = asyncio.create_task(dispatcher.send(create(KEY._replace(key="other"))))
        await until_waiting(log, 2)
        log.waiting[1].set_result(Outcome(b"other", 1))
        assert await other == Outcome(b"other", 1)
        assert len(log.waiting) == 2
        log.waiting[0].set_result(Outcome(b"first", 2))
        await until_waiting(log, 3)
        log.waiting[2].set_result(Outcome(b"first", 2, replayed=True))
        assert [await first, await second] == [Outcome(b"first", 2), Outcome(b"first", 2, replayed=True)]

    asyncio.run(scenario())


def test_a_twin_acts_itself_when_the_first_has_failed() -> None:
    async def scenario() -> None:
        log = SlowLog()
        dispatcher = new_dispatcher(log)
        first = asyncio.create_task(dispatcher.send(create()))
        second = asyncio.create_task(dispatcher.send(create()))
        await until_waiting(log, 1)
        log.waiting[0].set_exception(LogUnavailable("gone"))
        with pytest.raises(LogUnavailable):
            await first
        await until_waiting(log, 2)
        log.waiting[1].set_result(Outcome(b"second", 1))
        assert await second == Outcome(b"second", 1)

    asyncio.run(scenario())


def test_twins_do_not_wait_for_each_other_in_turn() -> None:
    async def scenario() -> None:
        log = SlowLog()
        dispatcher = new_dispatcher(log)
        tasks = [asyncio.create_task(dispatcher.send(create())) for _ in range(10)]
        await until_waiting(log, 1)
        log.waiting[0].set_result(Outcome(b"first", 1))
        await until_waiting(log, 10)
        for future in log.waiting[1:]:
            future.set_result(Outcome(b"first", 1, replayed=True))
        assert len(await asyncio.gather(*tasks)) == 10
        # Nothing is left that a later request would wait for.
        later = asyncio.create_task(dispatcher.send(create()))
        await until_waiting(log, 11)
        log.waiting[10].set_result(Outcome(b"first", 1, replayed=True))
        await later

    asyncio.run(scenario())


def test_a_twin_gives_up_on_a_first_that_does_not_end() -> None:
    async def scenario() -> None:
        log = SlowLog()
        dispatcher = new_dispatcher(log, twin_deadline=0)
        first = asyncio.create_task(dispatcher.send(create()))
        await until_waiting(log, 1)
        with pytest.raises(StillRunning):
            await dispatcher.send(create())
        first.cancel()

    asyncio.run(scenario())


def test_no_outcome_in_time_is_unavailable() -> None:
    async def scenario() -> None:
        log = SlowLog()
        with pytest.raises(LogUnavailable):
            await new_dispatcher(log, deadline=0).send(create(key=None))
        # What nobody waits for any more is dropped if it has not been taken yet.
        assert log.waiting[0].done()

    asyncio.run(scenario())


def test_409_over_http() -> None:
    async def scenario() -> None:
        from httpx import ASGITransport, AsyncClient

        log = SlowLog()
        app = create_app(dispatcher=new_dispatcher(log, twin_deadline=0), admin_key=None)
        async with AsyncClient(transport=ASGITransport(app=app), base_url="http://test") as client:  # type: ignore[arg-type]
            path, headers = f"/applications/{T}/chats", {"Idempotency-Key": "k"}
            first = asyncio.create_task(client.post(path, headers=headers))
            await until_waiting(log, 1)
            answer = await client.post(path, headers=headers)
            first.cancel()
        assert (answer.status_code, answer.json()["status"]) == (409, 409)
        assert answer.headers["retry-after"]

    asyncio.run(scenario())
