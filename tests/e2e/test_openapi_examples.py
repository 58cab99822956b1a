"""Every example of the document, played on a server: one conversation, answered as the document shows."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from parley.openapi import examples
from tests.support.client import Answer, Client
from tests.support.server import Server

KEY = "an admin key of the test"
# Each where what it needs is there, and nothing has been changed that it shows.
STORY = """
    createApplication createChat createMessage listApplications getApplication patchApplication putApplication
    listChats getChat patchChat listMessages searchMessages getMessage patchMessage listVersions putMessage
    putChat createMessages createKey listKeys livez readyz metrics openapi docs docsFile problem
    deleteKey deleteMessage deleteChat deleteApplication
""".split()
TIMES = ("created_at", "updated_at", "last_message_at", "at")


class Play(NamedTuple):
    """An operation as the document has it."""

    path: str
    method: str
    described: Mapping[str, Any]


def test_each_is_answered_as_it_is_shown(tmp_path: Path) -> None:
    async def run(server: Server) -> None:
        async with Client(server.url) as client:
            document = (await client.get("/openapi.json")).json()
            operations = plays(document)
            assert sorted(STORY) == sorted(operations)
            fields = {
                name: parameter["example"]
                for name, parameter in document["components"]["parameters"].items()
                if parameter["in"] == "path"
            }
            position = "0"
            for name in STORY:
                fields["Min-Log-Position"] = position
                answer = await play(client, document, operations[name], fields)
                check(operations[name], answer)
                position = answer.headers.get("log-position", position)
                for field, source in (("token", "token"), ("key", "id")):
                    if name.startswith("create") and source in (made := answer.json()):
                        fields[field] = made[source]

    with Server(tmp_path / "data", {"PARLEY_ADMIN_KEY": KEY}) as server:
        asyncio.run(run(server))


def plays(document: Mapping[str, Any]) -> dict[str, Play]:
    return {
        described["operationId"]: Play(path, method.upper(), described)
        for path, item in document["paths"].items()
        for method, described in item.items()
    }


async def play(client: Client, document: Mapping[str, Any], it: Play, fields: Mapping[str, Any]) -> Answer:
    """Send all examples that the operation has, with what there really is in its path."""
    path = re.sub(r"\{(\w+)\}", lambda field: str(fields[field[1]]), it.path)
    query = "&".join(f"{name}={value}" for name, value in shown(document, it, "query"))
    headers = {"Authorization": f"Bearer {KEY}", **dict(shown(document, it, "header"))}
    if "Min-Log-Position" in headers:
        headers["Min-Log-Position"] = fields["Min-Log-Position"]
    if "Idempotency-Key" in headers:
        # A name is for one request.
        headers["Idempotency-Key"] += it.described["operationId"]
    content = it.described.get("requestBody", {"content": {}})["content"]
    body = content["application/json"]["example"] if content else None
    return await client.request(it.method, f"{path}?{query}" if query else path, body, headers)


def shown(document: Mapping[str, Any], it: Play, place: str) -> Iterator[tuple[str, Any]]:
    """The examples of the operation's parameters."""
    for reference in it.described["parameters"]:
        parameter = document["components"]["parameters"][reference["$ref"].rpartition("/")[2]]
        if parameter["in"] == place and "example" in parameter:
            yield parameter["name"], parameter["example"]


def check(it: Play, answer: Answer) -> None:
    """It went well, with the headers and the body that the document shows."""
    status, described = next(iter(it.described["responses"].items()))
    assert str(answer.status) == status, (it, answer)
    for name, header in described["headers"].items():
        assert name.lower() in answer.headers or not header.get("required"), (it, name)
    for media_type, content in described.get("content", {}).items():
        assert media_type in (answer.headers["content-type"], "*/*"), it
        if "example" in content:
            assert steady(answer.json()) == steady(content["example"]), it


def steady(value: Any) -> Any:
    """Without what nobody can foresee: times, tokens and keys."""
    if isinstance(value, list):
        return [steady(one) for one in value]
    if not isinstance(value, dict):
        return value
    known = {"token": examples.TOKEN, "id": examples.KEY_ID, "key": "parley_…"}
    known |= {name: examples.AT for name in TIMES if value.get(name) is not None}
    return {name: known.get(name, steady(one)) for name, one in value.items()}
