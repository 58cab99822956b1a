"""Keys of applications as clients of one server, and of a cluster, meet them."""

import asyncio
from collections.abc import Mapping

from tests.support.client import Answer, AnyClient
from tests.support.group import Group
from tests.support.walk import new_application, new_chat

CLIENTS = 20
Shown = Mapping[str, str]


async def new_key(client: AnyClient, application: str, scope: str, shown: Shown) -> tuple[str, Shown]:
    """(the key's path, the headers that show it)."""
    answer = await client.request("POST", f"{application}/keys", {"scope": scope}, shown)
    assert answer.status == 201, answer
    return answer.headers["location"], {"Authorization": f"Bearer {answer.json()['key']}"}


def commands(application: str, key: str) -> list[tuple[str, str, object]]:
    """One of each; all of them could act on the application, its first chat and its first message."""
    chat, message = f"{application}/chats/1", f"{application}/chats/1/messages/1"
    return [
        ("PATCH", application, {"name": "Mine"}),
        ("POST", f"{application}/keys", {"scope": "write"}),
        ("POST", f"{application}/chats", {}),
        ("PUT", chat, {"title": "Mine"}),
        ("POST", f"{chat}/messages", {"body": "x"}),
        ("POST", f"{chat}/messages/batch", {"messages": [{"body": "x"}]}),
        ("PATCH", message, {"body": "x"}),
        ("DELETE", message, None),
        ("DELETE", chat, None),
        ("DELETE", key, None),
        ("DELETE", application, None),
    ]


def test_x18_commands_without_a_good_key(group: Group) -> None:
    async def scenario() -> None:
        async with group.client() as client:
            application, other = await new_application(client), await new_application(client)
            chat = await new_chat(client, application)
            await client.post(f"{chat}/messages", {"body": "hello"})
            first, revoked = await new_key(client, application, "write", {})
            key, good = await new_key(client, application, "write", revoked)
            assert (await client.request("DELETE", first, headers=good)).status == 204
            _, read = await new_key(client, application, "read", good)
            _, elsewhere = await new_key(client, other, "write", {})
            text = good["Authorization"].removeprefix("Bearer ")
            bad = {"Authorization": f"Bearer {text[:-1]}{'A' if text[-1] != 'A' else 'B'}"}
            bodies = set()
            for method, path, body in commands(application, key):
                for shown in ({}, bad, revoked, elsewhere, {"Authorization": f"Basic {text}"}):
                    answer = await client.request(method, path, body, shown)
                    assert (answer.status, answer.headers["www-authenticate"][:6]) == (401, "Bearer"), answer
                    bodies.add(answer.body)
                assert (await client.request(method, path, body, read)).status == 403
                asked = await client.request(method, f"{path}?key={text}", body)
                assert (asked.status, text.encode() in asked.body) == (422, False), asked
            assert len(bodies) == 1
            # Nothing of it has acted: each of them still can.
            answers = [await client.request(*command, good) for command in commands(application, key)[:-2]]
            assert {answer.status for answer in answers} <= {200, 201, 204}
            assert answers[4].json()["number"] == 2

    asyncio.run(scenario())


def test_no_post_that_began_after_a_keys_revocation_succeeds(group: Group) -> None:
    async def scenario() -> None:
        async with group.client() as owner:
            application = await new_application(owner)
            messages = f"{await new_chat(owner, application)}/messages"
            key, shown = await new_key(owner, application, "write", {})
            _, kept = await new_key(owner, application, "write", shown)
            busy, revoked = asyncio.Event(), asyncio.Event()
            answers: list[tuple[bool, Answer]] = []

            async def keep_posting() -> None:
                async with group.client() as client:
                    refused = 0
                    while refused < 5:
                        after = revoked.is_set()
                        answer = await client.request("POST", messages, {"body": "x"}, shown)
                        answers.append((after, answer))
                        refused += after
                        if len(answers) > 5 * CLIENTS:
                            busy.set()

            async def revoke() -> Answer:
                await busy.wait()
                answer = await owner.request("DELETE", key, headers=kept)
                revoked.set()
                return answer

            end, *_ = await asyncio.gather(revoke(), *[keep_posting() for _ in range(CLIENTS)])
            assert end.status == 204
            assert {answer.status for after, answer in answers if after} == {401}
            assert {answer.status for _, answer in answers} == {201, 401}
            assert all(
                int(answer.headers["log-position"]) < int(end.headers["log-position"])
                for _, answer in answers
                if answer.status == 201
            )
            # Whoever has another key goes on.
            assert (await owner.request("POST", messages, {"body": "x"}, kept)).status == 201

    asyncio.run(scenario())
