"""Reads whole lists page by page, as a client would."""

from typing import Any

from tests.support.client import AnyClient


async def walk(client: AnyClient, path: str) -> list[dict[str, Any]]:
    """All items of a list, by its `next` links."""
    items: list[dict[str, Any]] = []
    following: str | None = f"{path}?limit=100"
    while following is not None:
        answer = await client.get(following)
        assert answer.status == 200, answer
        page = answer.json()
        items += page["items"]
        following = page["next"]
    return items


async def new_application(client: AnyClient, name: str = "test") -> str:
    """The path of a new application."""
    answer = await client.post("/applications", {"name": name})
    assert answer.status == 201, answer
    return answer.headers["location"]


async def new_chat(client: AnyClient, application: str) -> str:
    """The path of a new chat."""
    answer = await client.post(f"{application}/chats")
    assert answer.status == 201, answer
    return answer.headers["location"]
