"""X24: `If-Match` and `If-None-Match` by RFC 9110, on every kind of resource and method."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.support.client import AnyClient
from tests.support.group import Group
from tests.support.walk import new_application, new_chat

WRITERS = 8

# Conditions on a message at version 2, and what a GET of it and a change of it answer.
CASES = [
    ({"If-Match": "*"}, 200, 200),
    ({"If-Match": '"2"'}, 200, 200),
    ({"If-Match": '"1", "2"'}, 200, 200),
    ({"If-Match": ',"1",,\t"2" ,'}, 200, 200),
    ({"If-Match": 'W/"1", "2"'}, 200, 200),
    ({"If-Match": '"1"'}, 412, 412),
    ({"If-Match": '"3", "20"'}, 412, 412),
    ({"If-Match": 'W/"2"'}, 412, 412),
    ({"If-Match": '"02"'}, 412, 412),
    ({"If-Match": '""'}, 412, 412),
    ({"If-Match": '"1,2"'}, 412, 412),
    ({"If-Match": '"é"'}, 412, 412),
    ({"If-None-Match": "*"}, 304, 412),
    ({"If-None-Match": '"2"'}, 304, 412),
    ({"If-None-Match": 'W/"2"'}, 304, 412),
    ({"If-None-Match": '"1", W/"2"'}, 304, 412),
    ({"If-None-Match": '"1"'}, 200, 200),
    ({"If-None-Match": 'W/"1", "3"'}, 200, 200),
    ({"If-None-Match": '"02"'}, 200, 200),
    # If-Match comes first.
    ({"If-Match": '"2"', "If-None-Match": '"2"'}, 304, 412),
    ({"If-Match": "*", "If-None-Match": '"1"'}, 200, 200),
    ({"If-Match": '"1"', "If-None-Match": '"2"'}, 412, 412),
    ({"If-Match": "*", "If-None-Match": "*"}, 304, 412),
    # There is no Last-Modified, and no range.
    ({"If-Modified-Since": "Tue, 01 Jan 2041 00:00:00 GMT"}, 200, 200),
    ({"If-Unmodified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}, 200, 200),
    ({"If-Range": '"1"', "Range": "bytes=0-0"}, 200, 200),
    *(
        ({name: garbage}, 400, 400)
        for name in ("If-Match", "If-None-Match")
        for garbage in ("", "2", '"2', "'2'", 'w/"2"', 'W/ "2"', '"1" "2"', '*, "2"', '"2";q=1', '"a b"', ",")
    ),
]


def ask(door: Group, scenario: Callable[[AnyClient, str], Awaitable[None]]) -> None:
    """Run the scenario with the path of a new chat."""

    async def run() -> None:
        async with door.client() as client:
            await scenario(client, await new_chat(client, await new_application(client)))

    asyncio.run(run())


async def edited(client: AnyClient, chat: str) -> str:
    """The path of a new message that is at version 2."""
    posted = await client.post(f"{chat}/messages", {"body": "first"})
    path = posted.headers["location"]
    assert (await client.request("PATCH", path, {"body": "second"})).headers["etag"] == '"2"'
    return path


@pytest.mark.parametrize(("conditions", "read", "changed"), CASES, ids=str)
def test_x24_a_message(door: Group, conditions: dict[str, str], read: int, changed: int) -> None:
    async def reads(client: AnyClient, message: str) -> None:
        for method in ("GET", "HEAD"):
            answer = await client.request(method, message, headers=conditions)
            assert answer.status == read
            # A refusal is nothing that has a version.
            assert answer.headers.get("etag") == ('"2"' if read in (200, 304) else None)
            if read == 304:
                assert "content-type" not in answer.headers
            elif method == "GET":
                assert (answer.json().get("body") == "second") == (read == 200)

    async def changes(client: AnyClient, chat: str) -> None:
        for method, body in (("PATCH", {"body": "third"}), ("PUT", {"body": "third"}), ("DELETE", None)):
            message = await edited(client, chat)
            answer = await client.request(method, message, body, conditions)
            now = await client.get(message)
            if changed != 200:
                assert answer.status == changed
                assert now.json()["body"] == "second"
            elif body is None:
                assert (answer.status, now.status) == (204, 404)
            else:
                assert (answer.status, answer.headers["etag"]) == (200, '"3"')
                assert answer.json() == now.json()

    async def scenario(client: AnyClient, chat: str) -> None:
        await reads(client, await edited(client, chat))
        await changes(client, chat)

    ask(door, scenario)


# What has no entity tag is there, but none can name it.
UNTAGGED = [
    ({"If-Match": "*"}, True, True),
    ({"If-Match": '"1"'}, 412, 412),
    ({"If-None-Match": '"1"'}, True, True),
    ({"If-None-Match": "*"}, 304, 412),
    ({"If-Match": "garbage"}, 400, 400),
]


@pytest.mark.parametrize(("conditions", "read", "changed"), UNTAGGED, ids=str)
def test_x24_what_has_no_entity_tag(
    door: Group, conditions: dict[str, str], read: int | bool, changed: int | bool
) -> None:
    async def scenario(client: AnyClient, chat: str) -> None:
        message = await edited(client, chat)
        chats = chat.rpartition("/")[0]
        application = chats.rpartition("/")[0]
        for path in (
            "/applications",
            application,
            chats,
            f"{chats}?order=recent",
            chat,
            f"{chat}/messages",
            f"{message}/history",
            f"{chat}/messages/search?q=second",
            "/livez",
        ):
            answer = await client.get(path, **conditions)
            assert answer.status == (200 if read is True else read), path
            assert "etag" not in answer.headers
        for method, path, body, done in (
            ("POST", "/applications", {"name": "x"}, 201),
            ("PATCH", application, {"name": "y"}, 200),
            ("POST", chats, {}, 201),
            ("PUT", chat, {"title": "y"}, 200),
            ("POST", f"{chat}/messages", {"body": "x"}, 201),
            ("POST", f"{chat}/messages/batch", {"messages": [{"body": "x"}]}, 201),
            ("DELETE", chat, None, 204),
            ("DELETE", application, None, 204),
        ):
            answer = await client.request(method, path, body, conditions)
            assert answer.status == (done if changed is True else changed), (method, path)

    ask(door, scenario)


@pytest.mark.parametrize(
    "conditions", [{"If-Match": "*"}, {"If-Match": '"1"'}, {"If-None-Match": "*"}], ids=str
)
def test_x24_what_is_absent_is_404_whatever_the_conditions(door: Group, conditions: dict[str, str]) -> None:
    """A failure that there would be without them comes first (RFC 9110, 13.2.1)."""

    async def scenario(client: AnyClient, chat: str) -> None:
        for method, path, body in (
            ("GET", f"{chat}/messages/1", None),
            ("PATCH", f"{chat}/messages/1", {"body": "x"}),
            ("DELETE", f"{chat}/messages/1", None),
            ("PUT", f"{chat}9", {"title": "x"}),
            ("POST", f"{chat}9/messages", {"body": "x"}),
            ("DELETE", f"/applications/{'x' * 43}", None),
        ):
            assert (await client.request(method, path, body, conditions)).status == 404, (method, path)
        assert (await client.request("PATCH", chat, {"title": ""}, conditions)).status == 422
        assert (await client.request("OPTIONS", chat, None, conditions)).status == 204

    ask(door, scenario)


def test_x24_one_of_many_writers_has_seen_the_latest(group: Group) -> None:
    async def scenario() -> None:
        clients = [group.client() for _ in range(WRITERS)]
        chat = await new_chat(clients[0], await new_application(clients[0]))
        message = await edited(clients[0], chat)
        answers = await asyncio.gather(
            *[
                client.request("PATCH", message, {"body": f"by {number}"}, {"If-Match": '"2"'})
                for number, client in enumerate(clients)
            ]
        )
        assert sorted(answer.status for answer in answers) == [200, *[412] * (WRITERS - 1)]
        assert (await clients[0].get(message)).headers["etag"] == '"3"'
        for client in clients:
            await client.close()

    asyncio.run(scenario())
