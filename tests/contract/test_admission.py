"""Who may send a command: keys made and revoked by one process hold at once in another."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from commands.admission import Caller
from commands.dispatcher import Dispatcher
from commands.domain.refusals import NoSuch, OutOfScope, Refusal, Unauthenticated
from commands.handlers.applications import (
    CreateApplicationHandler,
    DeleteApplicationHandler,
    RenameApplicationHandler,
)
from commands.handlers.chats import CreateChatHandler, DeleteChatHandler, RetitleChatHandler
from commands.handlers.handler import Handler
from commands.handlers.keys import AddKeyHandler, RevokeKeyHandler
from commands.handlers.messages import (
    DeleteMessageHandler,
    EditMessageHandler,
    PostMessageHandler,
    PostMessagesHandler,
)
from commands.intents import (
    AddKey,
    CreateApplication,
    CreateChat,
    DeleteApplication,
    DeleteChat,
    DeleteMessage,
    EditMessage,
    NewMessage,
    PostMessage,
    PostMessages,
    RenameApplication,
    RetitleChat,
    RevokeKey,
)
from commands.keyrings import Keyrings
from eventstore import streams
from eventstore.appender import Appender
from eventstore.clock import system_clock
from eventstore.command import Outcome
from eventstore.errors import LogUnavailable
from eventstore.inprocess_bus import InProcessBus
from eventstore.log import CommandKey, Log, Recorded
from tests.support.logs import ENGINES, OpenLog, new_log
from web.keys import NewKey, new_key
from web.policy import Need

T, OTHER = "t" * 43, "o" * 43
ADMIN = Caller(admin=True)


@pytest.fixture(params=ENGINES)
def open_log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenLog]:
    with new_log(request.param, tmp_path) as open_again:
        yield open_again


class Process:
    """One of those that append to a log."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.appender = Appender(log.writer, InProcessBus(), system_clock)
        self.appender.start()
        self.dispatcher = Dispatcher(self.appender, Keyrings(log))

    async def send(self, handler: Handler[Any]) -> Outcome:
        return await self.dispatcher.send(handler)

    async def add(self, token: str = T, scope: str = "write", caller: Caller = ADMIN) -> NewKey:
        key = new_key(token)
        intent = AddKey(token=token, id=key.id, scope=scope, hash=key.hash.hex())
        await self.send(AddKeyHandler(intent, key.text, caller))
        return key

    async def revoke(self, key: NewKey, caller: Caller = ADMIN, token: str = T) -> Outcome:
        return await self.send(RevokeKeyHandler(RevokeKey(token=token, id=key.id), caller=caller))

    async def post(self, shown: str = "", key: CommandKey | None = None) -> Outcome:
        return await self.send(post(shown, key))


@asynccontextmanager
async def processes(open_log: OpenLog) -> AsyncIterator[tuple[Process, Process]]:
    """Two, and an application with a chat for each token."""
    both = Process(open_log()), Process(open_log())
    for token in (T, OTHER):
        await both[0].send(CreateApplicationHandler(CreateApplication(token=token, name="Desk")))
        await both[0].send(CreateChatHandler(CreateChat(token=token)))
    yield both
    for process in both:
        await asyncio.get_running_loop().run_in_executor(None, process.appender.close)


def post(shown: str = "", key: CommandKey | None = None) -> PostMessageHandler:
    return PostMessageHandler(PostMessage(token=T, chat=1, body="x"), key, Caller(credential=shown))


def every(caller: Caller) -> list[Handler[Any]]:
    """A command of each kind; all of them could act."""
    key = new_key(T)
    return [
        RenameApplicationHandler(RenameApplication(token=T, name="Shop"), caller=caller),
        CreateChatHandler(CreateChat(token=T), caller=caller),
        RetitleChatHandler(RetitleChat(token=T, number=1, title="Hi"), caller=caller),
        PostMessageHandler(PostMessage(token=T, chat=1, body="x"), caller=caller),
        PostMessagesHandler(PostMessages(token=T, chat=1, messages=(NewMessage("x"),)), caller=caller),
        EditMessageHandler(EditMessage(token=T, chat=1, number=1, body="y"), caller=caller),
        DeleteMessageHandler(DeleteMessage(token=T, chat=1, number=1), caller=caller),
        DeleteChatHandler(DeleteChat(token=T, number=1), caller=caller),
        AddKeyHandler(AddKey(token=T, id=key.id, scope="read", hash=key.hash.hex()), "", caller),
        RevokeKeyHandler(RevokeKey(token=T, id=key.id), caller=caller),
        DeleteApplicationHandler(DeleteApplication(token=T), caller=caller._replace(need=Need.ADMIN)),
    ]


async def refused(process: Process, handlers: list[Handler[Any]], refusal: type[Refusal]) -> None:
    """Each of them is, for that reason, and leaves nothing in the log."""
    head = process.log.head()
    for handler in handlers:
        with pytest.raises(refusal) as raised:
            await process.send(handler)
        assert type(raised.value) is refusal
    assert process.log.head() == head


def test_what_a_key_opens_and_to_whom(open_log: OpenLog) -> None:
    async def scenario() -> None:
        async with processes(open_log) as (one, other):
            await other.post()
            # Without a key yet, whoever has the token makes the first one.
            write = await one.add(caller=Caller())
            read, elsewhere = await one.add(scope="read"), await one.add(OTHER)
            for shown in ("", "nonsense", elsewhere.text, write.text[:-1], new_key(T).text):
                await refused(other, every(Caller(credential=shown)), Unauthenticated)
            await refused(other, every(Caller(credential=read.text)), OutOfScope)
            for handler in (*every(Caller(credential=write.text))[:9], *every(ADMIN)[-1:]):
                assert (await other.send(handler)).position
            # What is gone is missed by all, whatever they show.
            for process in (one, other):
                for caller in (Caller(), Caller(credential=write.text), ADMIN):
                    await refused(process, every(caller), NoSuch)

    asyncio.run(scenario())


def test_a_key_is_revoked_in_all_processes_at_once_and_for_good(open_log: OpenLog) -> None:
    async def scenario() -> None:
        async with processes(open_log) as (one, other):
            first, last = await one.add(), await other.add()
            for process in (one, other):
                await process.post(first.text)
                await process.post(last.text)
            await one.revoke(first)
            await refused(other, [post(first.text)], Unauthenticated)
            await refused(one, [post(first.text)], Unauthenticated)
            with pytest.raises(NoSuch, match="key"):
                await other.revoke(first)
            # Its own holder may, too; then there is none, and no way in but the admin's.
            await one.revoke(last, Caller(credential=last.text))
            for process in (one, other):
                await refused(process, every(Caller(credential=last.text)), Unauthenticated)
                await refused(process, every(Caller()), Unauthenticated)
                await process.send(PostMessageHandler(PostMessage(token=T, chat=1, body="x"), None, ADMIN))
            again = await one.add()
            await other.post(again.text)

    asyncio.run(scenario())


def test_a_kept_answer_is_for_those_who_may(open_log: OpenLog) -> None:
    async def scenario() -> None:
        async with processes(open_log) as (one, other):
            kept = CommandKey(T, "twice", b"request")
            first = await one.post(key=kept)
            key = await one.add()
            for process in (one, other):
                await refused(process, [post("", kept), post("nonsense", kept)], Unauthenticated)
                assert await process.post(key.text, kept) == first._replace(replayed=True)

    asyncio.run(scenario())


def test_within_one_batch_the_first_key_closes_the_door_behind_it(open_log: OpenLog) -> None:
    async def scenario() -> None:
        async with processes(open_log) as (one, _):
            # While the first of them is being committed, the others come together.
            before, adding, after = post(), one.add(caller=Caller()), post()
            answers = await asyncio.gather(
                one.post(), one.send(before), adding, one.send(after), return_exceptions=True
            )
            assert isinstance(answers[1], Outcome)
            assert isinstance(answers[2], NewKey)
            assert isinstance(answers[3], Unauthenticated)

    asyncio.run(scenario())


def test_crowds_of_two_processes_see_the_keys_in_the_order_of_the_log(open_log: OpenLog) -> None:
    async def scenario() -> None:
        async with processes(open_log) as (one, other):
            posted: dict[str, list[int]] = {"": []}
            over = asyncio.Event()

            async def keep_posting(process: Process) -> None:
                while not over.is_set():
                    newest = [*posted][-1]
                    # Between a key's end and the next one's being told of, all are refused.
                    with suppress(Unauthenticated):
                        posted[newest].append((await process.post(newest)).position)

            async def until_posted(shown: str) -> None:
                while len(posted[shown]) < 40:
                    await asyncio.sleep(0)

            async def turn_keys() -> list[int]:
                """The positions at which no key, the first and the second stopped to be enough."""
                await until_posted("")
                last, ends = await one.add(), []
                [added] = one.log.read_stream(streams.keys(T), 0, 10)
                ends.append(added.position)
                for _ in range(2):
                    posted[last.text] = []
                    await until_posted(last.text)
                    following = await one.add()
                    ends.append((await one.revoke(last)).position)
                    last = following
                over.set()
                return ends

            crowd = [keep_posting(process) for process in (one, other) for _ in range(10)]
            ends, *_ = await asyncio.gather(turn_keys(), *crowd)
            for positions, end in zip(posted.values(), ends, strict=True):
                assert max(positions) < end

    asyncio.run(scenario())


def test_keys_that_never_stand_still_are_given_up_on(open_log: OpenLog) -> None:
    class Behind:
        """Streams of which nothing can be read."""

        def read_stream(self, stream: str, after: int, limit: int) -> list[Recorded]:  # noqa: ARG002
            return []

    async def scenario() -> None:
        async with processes(open_log) as (one, _):
            key = await one.add()
            with pytest.raises(LogUnavailable, match="keys"):
                await Dispatcher(one.appender, Keyrings(Behind())).send(post(key.text))

    asyncio.run(scenario())


def test_the_keys_of_many_applications_are_not_all_kept(open_log: OpenLog) -> None:
    async def scenario() -> None:
        async with processes(open_log) as (one, _):
            key, elsewhere = await one.add(), await one.add(OTHER)
            keyrings = Keyrings(one.log, most=1)
            dispatcher = Dispatcher(one.appender, keyrings)
            for _ in range(2):
                await dispatcher.send(post(key.text))
                rename = RenameApplication(token=OTHER, name="Shop")
                await dispatcher.send(
                    RenameApplicationHandler(rename, caller=Caller(credential=elsewhere.text))
                )
            assert (keyrings.of(T).version, keyrings.of(OTHER).version) == (0, 1)

    asyncio.run(scenario())
