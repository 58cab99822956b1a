"""The `type` of a problem is a link that opens."""

import asyncio

from tests.support.client import Answer
from tests.support.group import Group
from tests.support.walk import new_application, new_chat


def test_every_type_that_is_answered_opens(door: Group) -> None:
    async def run() -> None:
        async with door.client() as client:
            application = await new_application(client)
            chat = await new_chat(client, application)
            stale = await client.post(f"{chat}/messages", {"body": "x"}, If_None_Match="*")
            refused: list[tuple[int, Answer]] = [
                (400, await client.get("/applications?cursor=made-up")),
                (404, await client.get("/nothing")),
                (405, await client.request("DELETE", "/applications")),
                (412, stale),
                (413, await client.post(f"{chat}/messages", {"body": "x" * (300 << 10)})),
                (
                    415,
                    await client.request("POST", f"{chat}/messages", headers={"Content-Type": "text/plain"}),
                ),
                (422, await client.post(f"{chat}/messages", {})),
            ]
            for status, answer in refused:
                assert answer.status == status, answer
                problem = answer.json()
                page = await client.get(problem["type"])
                assert page.status == 200, problem
                assert page.headers["content-type"] == "text/html; charset=utf-8"
                assert page.headers["x-content-type-options"] == "nosniff"
                assert f"<h1>{problem['title']}</h1>" in page.body.decode()

    asyncio.run(run())
