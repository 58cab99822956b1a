"""Writes that race with a deletion: nothing succeeds after the delete was answered, and counts end exact."""

import asyncio

import pytest

from tests.support.client import Answer, AnyClient
from tests.support.group import Group
from tests.support.walk import new_application, new_chat, walk

WRITERS = 16


async def race(
    group: Group, target: str, requests: list[tuple[str, str, object]]
) -> tuple[Answer, list[Answer]]:
    """Writers send requests in turn; in the midst of it `target` is deleted.

    Gives the delete's answer and those of all requests; asserts what must hold of the order.
    """
    deleted = asyncio.Event()
    busy = asyncio.Event()
    answers: list[tuple[bool, Answer]] = []

    async def write(turn: int) -> None:
        async with group.client() as client:
            refused = 0
            while refused < 5:
                method, path, body = requests[turn % len(requests)]
                turn += 1
                after = deleted.is_set()
                answer = await client.request(method, path, body)
                answers.append((after, answer))
                refused += after
                if len(answers) > 50:
                    busy.set()

    async def delete() -> Answer:
        async with group.client() as client:
            await busy.wait()
            answer = await client.request("DELETE", target)
            deleted.set()
            return answer

    removal, *_ = await asyncio.gather(delete(), *[write(turn) for turn in range(WRITERS)])
    assert removal.status == 204
    end = int(removal.headers["log-position"])
    for after, answer in answers:
        assert answer.status in (200, 201, 204, 404), answer
        if answer.status != 404:
            assert not after
            # An edit that changed nothing answers with the position of an earlier fact.
            assert int(answer.headers["log-position"]) < end
    assert any(answer.status != 404 for _, answer in answers)
    return removal, [answer for _, answer in answers]


@pytest.mark.parametrize("what", ["message", "chat", "application"])
def test_nothing_succeeds_after_the_delete_was_answered(group: Group, what: str) -> None:
    async def scenario() -> None:
        async with group.client() as client:
            application = await new_application(client)
            chat = await new_chat(client, application)
            message = (await client.post(f"{chat}/messages", {"body": "first"})).headers["location"]
            edits: list[tuple[str, str, object]] = [
                ("PATCH", message, {"body": "a"}),
                ("PATCH", message, {"body": "b"}),
            ]
            posts: list[tuple[str, str, object]] = [("POST", f"{chat}/messages", {"body": "x"})]
            retitles: list[tuple[str, str, object]] = [
                ("PATCH", chat, {"title": "a"}),
                ("PATCH", chat, {"title": "b"}),
            ]
            chats: list[tuple[str, str, object]] = [("POST", f"{application}/chats", None)]
            target, requests = {
                "message": (message, edits),
                "chat": (chat, edits + posts + retitles),
                "application": (application, edits + posts + retitles + chats),
            }[what]
            _, answers = await race(group, target, requests)
            assert (await client.get(target)).status == 404
            await counts_are_exact(client, what, application, chat, answers)

    asyncio.run(scenario())


async def counts_are_exact(
    client: AnyClient, what: str, application: str, chat: str, answers: list[Answer]
) -> None:
    if what == "application":
        assert (await client.get(f"{application}/chats")).status == 404
        assert (await client.get(f"{chat}/messages")).status == 404
        return
    chats = await walk(client, f"{application}/chats")
    assert (await client.get(application)).json()["chats_count"] == len(chats)
    for listed in chats:
        messages = await walk(client, f"{application}/chats/{listed['number']}/messages")
        assert listed["messages_count"] == len(messages)
    if what == "message":
        assert [listed["messages_count"] for listed in chats] == [0]
        assert answers


def test_deletes_of_one_message_race_and_one_wins(group: Group) -> None:
    async def scenario() -> None:
        async with group.client() as client:
            chat = await new_chat(client, await new_application(client))
            for _ in range(20):
                message = (await client.post(f"{chat}/messages", {"body": "x"})).headers["location"]

                async def delete(path: str = message) -> int:
                    async with group.client() as other:
                        return (await other.request("DELETE", path)).status

                assert sorted(await asyncio.gather(*[delete() for _ in range(8)])) == [204, *[404] * 7]
            assert (await client.get(chat)).json()["messages_count"] == 0

    asyncio.run(scenario())
