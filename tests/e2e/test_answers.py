"""What a change answers is what is read afterwards."""

import asyncio

from tests.support.group import Group
from tests.support.walk import new_application, new_chat


def test_the_answer_of_a_change_is_the_thing_as_it_is_read(group: Group) -> None:
    async def scenario() -> None:
        async with group.client() as client:
            application = await new_application(client)
            chat = await new_chat(client, application)
            for _ in range(3):
                await client.post(f"{chat}/messages", {"body": "x"})
            for path, body in [
                (application, {"name": "renamed"}),
                (chat, {"title": "retitled"}),
                (f"{chat}/messages/2", {"body": "edited"}),
                (chat, {"title": "retitled"}),
            ]:
                changed = await client.request("PATCH", path, body)
                read = await client.get(path, Min_Log_Position=changed.headers["log-position"])
                assert changed.json() == read.json(), path
            assert read.json()["messages_count"] == 3

    asyncio.run(scenario())
