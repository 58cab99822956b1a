"""HEAD, OPTIONS and 405 with `Allow` on every route that there is, by one process and through a gateway."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping

import pytest

from parley.dispatch import ALLOWED
from tests.support.client import AnyClient
from tests.support.group import Group
from tests.support.walk import new_application, new_chat
from web.paths import READYZ, SEARCH
from web.problem import allow_header

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
# Not to be had from outside: a gateway does not forward them.
PRIVATE = {"/metrics"}
QUERIES = {SEARCH: "?q=hello"}
FIELDS: Mapping[str, str] = {
    "chat": "1",
    "message": "1",
    "key": "0" * 16,
    "problem": "not-found",
    "file": "page.css",
}
# What two answers to the same request need not have in common.
VOLATILE = re.compile("date|x-request-id|ratelimit.*|traceparent")
TEMPLATES = sorted(ALLOWED.keys() - PRIVATE)


def ask(door: Group, scenario: Callable[[AnyClient, str], Awaitable[None]]) -> None:
    """Run the scenario with the token of an application whose first chat holds a message."""

    async def run() -> None:
        async with door.client() as client:
            application = await new_application(client)
            await client.post(f"{await new_chat(client, application)}/messages", {"body": "hello"})
            await scenario(client, application.rpartition("/")[2])

    asyncio.run(run())


def filled(template: str, token: str) -> str:
    """The path of something that is there; a field that is new here has to be named in FIELDS."""
    fields = {**FIELDS, "token": token}
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda field: fields[field[1]], template)


@pytest.mark.parametrize("template", [each for each in TEMPLATES if "GET" in ALLOWED[each]])
def test_head_is_get_without_the_body(door: Group, template: str) -> None:
    async def scenario(client: AnyClient, token: str) -> None:
        path = filled(template, token) + QUERIES.get(template, "")
        got = await client.get(path)
        head = await client.request("HEAD", path)
        assert (got.status, head.status) == (200, 200)
        # The length comes too; that of what tells how things are is another a moment later.
        moving = "content-length" if template == READYZ else ""
        one, other = (
            {name: value for name, value in answer.headers.items() if not VOLATILE.fullmatch(name)}
            for answer in (got, head)
        )
        assert one.keys() == other.keys() >= {"content-length", "content-type"}
        assert one | {moving: ""} == other | {moving: ""}
        # Its body would be taken for the beginning of this.
        assert (await client.get(path)).status == 200

    ask(door, scenario)


@pytest.mark.parametrize("template", TEMPLATES)
def test_options_tell_the_methods(door: Group, template: str) -> None:
    async def scenario(client: AnyClient, token: str) -> None:
        answer = await client.request("OPTIONS", filled(template, token))
        assert (answer.status, answer.body) == (204, b"")
        assert answer.headers["allow"] == allow_header(ALLOWED[template])

    ask(door, scenario)


@pytest.mark.parametrize("template", TEMPLATES)
def test_any_other_method_is_405_and_told_the_methods(door: Group, template: str) -> None:
    async def scenario(client: AnyClient, token: str) -> None:
        allow = allow_header(ALLOWED[template])
        for method in METHODS:
            if method not in allow.split(", "):
                answer = await client.request(method, filled(template, token))
                assert (answer.status, answer.headers["allow"]) == (405, allow), method
                assert answer.headers["content-type"] == "application/problem+json"

    ask(door, scenario)


def test_unknown_paths_are_404_for_every_method(door: Group) -> None:
    async def scenario(client: AnyClient, _: str) -> None:
        for method in (*METHODS, "OPTIONS"):
            assert (await client.request(method, "/nothing")).status == 404, method

    ask(door, scenario)
