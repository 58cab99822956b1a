"""One effect per `Idempotency-Key`, whichever process each of its requests comes to."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.support.client import Answer, AnyClient, Client
from tests.support.group import Group
from tests.support.walk import new_application, new_chat, walk

ROUNDS = 25
TWINS = 8
BODIES: dict[str, dict[str, str]] = {
    "application": {"name": "Corner shop"},
    "chat": {"title": "Orders"},
    "message": {"body": "Two, please", "sender": "Ann"},
}

Scenario = Callable[[AnyClient], Coroutine[Any, Any, None]]


def play(group: Group, scenario: Scenario) -> None:
    """Run the scenario with a client of the group."""

    async def run() -> None:
        async with group.client() as client:
            await scenario(client)

    asyncio.run(run())


async def place(client: AnyClient, what: str) -> str:
    """The path to post such a thing to, below things of its own."""
    if what == "application":
        return "/applications"
    application = await new_application(client)
    return f"{application}/chats" if what == "chat" else f"{await new_chat(client, application)}/messages"


def told(answer: Answer) -> tuple[bytes, str, str]:
    """What the answers to one key have in common."""
    return answer.body, answer.headers["location"], answer.headers["log-position"]


def replayed(answer: Answer) -> bool:
    return answer.headers.get("idempotent-replayed") == "true"


class Twins:
    """Clients in turn of each server of the group, that send at the same moment."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._clients: list[Client] = []

    async def __aenter__(self) -> "Twins":
        servers = self._group.servers
        self._clients = [Client(servers[number % len(servers)].url) for number in range(TWINS)]
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients:
            await client.close()

    async def post(self, path: str, bodies: list[dict[str, str]], key: str) -> list[Answer]:
        """The answers to all, each with the next of the bodies."""
        answers = await asyncio.gather(
            *[
                client.post(path, bodies[number // 2 % len(bodies)], Idempotency_Key=key)
                for number, client in enumerate(self._clients)
            ]
        )
        for answer in answers:
            self._group.told(answer)
        return answers


@pytest.mark.parametrize("what", BODIES)
def test_of_twins_at_the_same_moment_one_acts_and_all_get_its_answer(group: Group, what: str) -> None:
    async def scenario(client: AnyClient) -> None:
        path = await place(client, what)
        made = []
        async with Twins(group) as twins:
            for _ in range(ROUNDS):
                answers = await twins.post(path, [BODIES[what]], secrets.token_hex(8))
                assert [answer.status for answer in answers] == [201] * TWINS, answers
                assert len({told(answer) for answer in answers}) == 1
                assert sorted(map(replayed, answers)) == [False] + [True] * (TWINS - 1)
                made.append(answers[0].json())
        assert len({str(thing) for thing in made}) == ROUNDS
        if what != "application":
            assert [thing["number"] for thing in made] == list(range(1, ROUNDS + 1))
            assert [thing["number"] for thing in await walk(client, path)] == list(range(1, ROUNDS + 1))

    play(group, scenario)


def test_of_different_requests_with_one_key_at_the_same_moment_one_kind_wins(group: Group) -> None:
    async def scenario(client: AnyClient) -> None:
        path = await place(client, "message")
        bodies = [{"body": "this"}, {"body": "that"}]
        won = []
        async with Twins(group) as twins:
            for _ in range(ROUNDS):
                answers = await twins.post(path, bodies, secrets.token_hex(8))
                made = [answer for answer in answers if answer.status == 201]
                assert sorted(answer.status for answer in answers) == [201] * (TWINS // 2) + [422] * (
                    TWINS // 2
                )
                assert len({told(answer) for answer in made}) == 1
                assert sorted(map(replayed, made)) == [False] + [True] * (TWINS // 2 - 1)
                won.append(made[0].json()["body"])
        assert [thing["body"] for thing in await walk(client, path)] == won

    play(group, scenario)


def test_a_key_belongs_to_its_first_request_in_every_process(group: Group) -> None:
    async def scenario(client: AnyClient) -> None:
        path, other = await place(client, "message"), await place(client, "message")
        first = await client.post(path, BODIES["message"], Idempotency_Key="one")
        assert first.status == 201
        for server in group.servers:
            async with Client(server.url) as direct:
                changed = await direct.post(path, {"body": "Three, please"}, Idempotency_Key="one")
                assert (changed.status, changed.headers["content-type"]) == (422, "application/problem+json")
                again = await direct.post(
                    path, {"sender": "Ann", "body": "Two, please"}, Idempotency_Key="one"
                )
                assert (again.status, told(again), replayed(again)) == (201, told(first), True)
        # The key is the application's own.
        elsewhere = await client.post(other, BODIES["message"], Idempotency_Key="one")
        assert (elsewhere.status, replayed(elsewhere)) == (201, False)
        assert len(await walk(client, path)) == len(await walk(client, other)) == 1

    play(group, scenario)


def test_the_first_answer_comes_again_from_every_process_and_after_a_kill(group: Group) -> None:
    key = secrets.token_hex(8)

    async def scenario(client: AnyClient) -> None:
        paths = {what: await place(client, what) for what in BODIES}
        first = {what: await client.post(paths[what], BODIES[what], Idempotency_Key=key) for what in BODIES}
        assert [(answer.status, replayed(answer)) for answer in first.values()] == [(201, False)] * len(
            BODIES
        )
        for restarted in (False, True):
            if restarted:
                await asyncio.to_thread(group.restart)
            for server in group.servers:
                async with Client(server.url) as direct:
                    for what in BODIES:
                        again = await direct.post(paths[what], BODIES[what], Idempotency_Key=key)
                        assert (again.status, told(again), replayed(again)) == (201, told(first[what]), True)
        async with group.client() as reader:
            assert len(await walk(reader, paths["chat"])) == len(await walk(reader, paths["message"])) == 1

    play(group, scenario)


@pytest.mark.parametrize("what", ["chat", "message"])
def test_what_was_made_and_deleted_since_is_not_made_again(group: Group, what: str) -> None:
    async def scenario(client: AnyClient) -> None:
        path = await place(client, what)
        first = await client.post(path, BODIES[what], Idempotency_Key="gone")
        assert (await client.request("DELETE", first.headers["location"])).status == 204
        for server in group.servers:
            async with Client(server.url) as direct:
                assert (await direct.post(path, BODIES[what], Idempotency_Key="gone")).status == 404
        assert await walk(client, path) == []

    play(group, scenario)


def test_x23_fifty_at_once_and_another_tenant_with_the_same_key(group: Group) -> None:
    async def scenario(client: AnyClient) -> None:
        path, elsewhere = await place(client, "message"), await place(client, "message")
        servers = group.servers
        many = [Client(servers[number % len(servers)].url) for number in range(50)]
        try:
            answers = await asyncio.gather(
                *[one.post(path, BODIES["message"], Idempotency_Key="fifty") for one in many]
            )
        finally:
            for one in many:
                await one.close()
        for answer in answers:
            group.told(answer)
        assert {answer.status for answer in answers} == {201}
        assert len({told(answer) for answer in answers}) == 1
        assert sum(map(replayed, answers)) == len(answers) - 1
        theirs = await client.post(elsewhere, {"body": "theirs"}, Idempotency_Key="fifty")
        assert (theirs.status, replayed(theirs)) == (201, False)
        assert (await client.post(path, {"body": "other"}, Idempotency_Key="fifty")).status == 422
        assert len(await walk(client, path)) == len(await walk(client, elsewhere)) == 1

    play(group, scenario)


@pytest.mark.parametrize("key", ["x" * 256, "ключ", "é", "a b", ""])
def test_x23_a_key_that_is_none(group: Group, key: str) -> None:
    async def scenario(client: AnyClient) -> None:
        path = await place(client, "message")
        assert (await client.post(path, BODIES["message"], Idempotency_Key=key)).status == 400
        assert await walk(client, path) == []
        assert (await client.post(path, BODIES["message"], Idempotency_Key="x" * 255)).status == 201

    play(group, scenario)


def test_the_log_agrees_afterwards(group: Group) -> None:
    group.verify()
