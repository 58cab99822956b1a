"""`POST …/messages/batch`: many messages, all or none, in one append."""

import asyncio

import pytest

from tests.support.group import Group, GroupClient
from tests.support.walk import new_application, new_chat, walk
from web.strict_json import BATCH_LIMIT

MOST = 1000


async def scene(client: GroupClient) -> str:
    return await new_chat(client, await new_application(client))


def test_all_are_there_in_order_and_counted(group: Group) -> None:
    async def run() -> None:
        async with group.client() as client:
            chat = await scene(client)
            await client.post(f"{chat}/messages", {"body": "before"})
            batch = [{"body": f"{number} ü🍮", "sender": "ann"} for number in range(MOST)]
            answer = await client.post(f"{chat}/messages/batch", {"messages": batch})
            assert (answer.status, answer.json()) == (201, {"first": 2, "last": MOST + 1, "count": MOST})
            assert answer.headers["location"] == f"{chat}/messages/2"
            after = await client.post(f"{chat}/messages", {"body": "after"})
            assert int(after.headers["log-position"]) == int(answer.headers["log-position"]) + 1
            items = await walk(client, f"{chat}/messages")
            assert [item["number"] for item in items] == list(range(1, MOST + 3))
            assert [item["body"] for item in items[1:-1]] == [message["body"] for message in batch]
            assert (await client.get(chat)).json()["messages_count"] == MOST + 2
            found = await client.get(f"{chat}/messages/search?q=999")
            assert found.json()["total"] == 1

    asyncio.run(run())


@pytest.mark.parametrize(
    ("character", "size"), [("🍮", 4), ('"', 2), ("\x01", 6)], ids=["emoji", "quote", "control"]
)
def test_as_large_as_it_may_be(group: Group, character: str, size: int) -> None:
    """However its texts are written: the log has room for them with the `max_allowed_packet` of a new MariaDB."""
    room = BATCH_LIMIT // MOST // size

    async def run() -> None:
        async with group.client() as client:
            chat = await scene(client)
            # All that is not text of a message takes 14 bytes.
            large = [{"body": character * (room - 14 // size - 1)} for _ in range(MOST)]
            answer = await client.post(f"{chat}/messages/batch", {"messages": large})
            assert answer.status == 201, answer
            larger = [{"body": character * (room + 1)} for _ in range(MOST)]
            answer = await client.post(f"{chat}/messages/batch", {"messages": larger})
            assert answer.status == 413, answer
            items = await walk(client, f"{chat}/messages")
            assert [item["body"] for item in items] == [message["body"] for message in large]

    asyncio.run(run())


def test_one_wrong_message_leaves_none(group: Group) -> None:
    async def run() -> None:
        async with group.client() as client:
            chat = await scene(client)
            wrong = {"messages": [{"body": "good"}, {"body": ""}, {"body": "good", "shout": True}, 4]}
            answer = await client.post(f"{chat}/messages/batch", wrong)
            assert answer.status == 422
            assert [error["pointer"] for error in answer.json()["errors"]] == [
                "/messages/1/body",
                "/messages/2/shout",
                "/messages/3",
            ]
            assert await walk(client, f"{chat}/messages") == []

    asyncio.run(run())


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/messages"),
        ({"messages": []}, "/messages"),
        ({"messages": [{"body": "x"}] * (MOST + 1)}, "/messages"),
        ({"messages": "x"}, "/messages"),
        ({"messages": None}, "/messages"),
        ({"messages": [{"body": "x"}], "more": 1}, "/more"),
        ([], ""),
    ],
)
def test_what_is_no_batch_is_named(group: Group, body: object, pointer: str) -> None:
    async def run() -> None:
        async with group.client() as client:
            answer = await client.post(f"{await scene(client)}/messages/batch", body)
            assert (answer.status, answer.json()["errors"][0]["pointer"]) == (422, pointer)

    asyncio.run(run())


def test_again_with_its_key_until_one_is_deleted(group: Group) -> None:
    async def run() -> None:
        async with group.client() as client:
            chat = await scene(client)
            batch = {"messages": [{"body": str(number)} for number in range(3)]}
            first = await client.post(f"{chat}/messages/batch", batch, Idempotency_Key="once")
            again = await client.post(f"{chat}/messages/batch", batch, Idempotency_Key="once")
            assert (again.status, again.body) == (201, first.body)
            assert again.headers["idempotent-replayed"] == "true"
            other = await client.post(
                f"{chat}/messages/batch", {"messages": batch["messages"][:2]}, Idempotency_Key="once"
            )
            assert other.status == 422
            assert (await client.request("DELETE", f"{chat}/messages/3")).status == 204
            gone = await client.post(f"{chat}/messages/batch", batch, Idempotency_Key="once")
            assert gone.status == 404
            assert len(await walk(client, f"{chat}/messages")) == 2

    asyncio.run(run())


def test_there_must_be_a_chat(group: Group) -> None:
    async def run() -> None:
        async with group.client() as client:
            application = await new_application(client)
            answer = await client.post(f"{application}/chats/1/messages/batch", {"messages": [{"body": "x"}]})
            assert answer.status == 404

    asyncio.run(run())
