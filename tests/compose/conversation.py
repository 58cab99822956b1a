"""A conversation, and all that a reader can see of it."""

import asyncio
from typing import NamedTuple

from tests.support.group import Group
from tests.support.walk import new_application, new_chat, walk

MESSAGES = 30


class Conversation(NamedTuple):
    """Paths."""

    application: str
    chat: str


def converse(group: Group) -> Conversation:
    """Post, edit and delete in a new chat."""

    async def conversation() -> Conversation:
        async with group.client() as client:
            application = await new_application(client)
            chat = await new_chat(client, application)
            for number in range(MESSAGES):
                assert (await client.post(f"{chat}/messages", {"body": f"Crème {number}"})).status == 201
            edited = await client.request("PATCH", f"{chat}/messages/1", {"body": "Crème brûlée"})
            assert edited.status == 200
            assert (await client.request("DELETE", f"{chat}/messages/2")).status == 204
        return Conversation(application, chat)

    return asyncio.run(conversation())


def seen(group: Group, conversation: Conversation) -> list[object]:
    """All answers about it."""
    application, chat = conversation

    async def answers() -> list[object]:
        async with group.client() as client:
            things = []
            for path in (application, chat, f"{chat}/messages/1", f"{chat}/messages/1/history"):
                answer = await client.get(path)
                assert answer.status == 200, answer
                things.append(answer.json())
            found = await client.get(f"{chat}/messages/search?q=cr%C3%A8me&limit=100")
            assert found.status == 200, found
            assert found.json()["total"] == MESSAGES - 1
            return [*things, await walk(client, f"{chat}/messages"), found.json()]

    return asyncio.run(answers())
