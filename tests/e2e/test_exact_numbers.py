"""64 clients at once, of one or more processes: every sequence is exactly 1..N, in the answers and in the lists."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator

from tests.support.client import AnyClient
from tests.support.group import Group
from tests.support.walk import new_application, new_chat, walk

CLIENTS = 64
MESSAGES = 5000
CHATS = 500


async def at_once(
    group: Group, jobs: Iterable[str], work: Callable[[AnyClient, str], Awaitable[int]]
) -> list[int]:
    """What 64 clients get, each taking the next job as soon as it is free."""
    left: Iterator[str] = iter(jobs)
    numbers: list[int] = []

    async def one() -> None:
        async with group.client() as client:
            numbers.extend([await work(client, job) for job in left])

    await asyncio.gather(*[one() for _ in range(CLIENTS)])
    return numbers


async def post(client: AnyClient, chat: str) -> int:
    answer = await client.post(f"{chat}/messages", {"body": "x"})
    assert answer.status == 201, answer
    return int(answer.json()["number"])


async def create(client: AnyClient, application: str) -> int:
    answer = await client.post(f"{application}/chats")
    assert answer.status == 201, answer
    return int(answer.json()["number"])


def test_messages_of_one_hot_chat(group: Group) -> None:
    async def scenario() -> None:
        async with group.client() as client:
            chat = await new_chat(client, await new_application(client))
            numbers = await at_once(group, [chat] * MESSAGES, post)
            assert sorted(numbers) == list(range(1, MESSAGES + 1))
            listed = await walk(client, f"{chat}/messages")
            assert [item["number"] for item in listed] == list(range(1, MESSAGES + 1))
            assert (await client.get(chat)).json()["messages_count"] == MESSAGES

    asyncio.run(scenario())


def test_messages_over_100_chats(group: Group) -> None:
    async def scenario() -> None:
        async with group.client() as client:
            application = await new_application(client)
            chats = [await new_chat(client, application) for _ in range(100)]
            numbers = await at_once(group, chats * (MESSAGES // 100), post)
            each = list(range(1, MESSAGES // 100 + 1))
            assert sorted(numbers) == sorted(each * 100)
            for chat in chats:
                assert [item["number"] for item in await walk(client, f"{chat}/messages")] == each
                assert (await client.get(chat)).json()["messages_count"] == len(each)

    asyncio.run(scenario())


def test_chats_of_one_application(group: Group) -> None:
    async def scenario() -> None:
        async with group.client() as client:
            application = await new_application(client)
            numbers = await at_once(group, [application] * CHATS, create)
            assert sorted(numbers) == list(range(1, CHATS + 1))
            listed = await walk(client, f"{application}/chats")
            assert [item["number"] for item in listed] == list(range(1, CHATS + 1))
            assert (await client.get(application)).json()["chats_count"] == CHATS

    asyncio.run(scenario())


def test_the_log_agrees_afterwards(group: Group) -> None:
    group.verify()
