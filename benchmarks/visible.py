"""From the start of a POST until the list shows the message, at a steady rate of posts."""

import asyncio
import json
import time

from tests.support.client import Client

RATE = 500
SECONDS = 8
CONNECTIONS = 32


def visible(url: str, chats: list[str]) -> list[float]:
    """Milliseconds of each message, posted at 500 a second and looked for in its chat's list."""
    return asyncio.run(_visible(url, chats))


async def _visible(url: str, chats: list[str]) -> list[float]:
    took: list[float] = []
    start = time.perf_counter() + 0.1

    async def one(place: int) -> None:
        async with Client(url) as client:
            for turn in range(place, RATE * SECONDS, CONNECTIONS):
                await asyncio.sleep(max(0.0, start + turn / RATE - time.perf_counter()))
                took.append(await _post_and_look(client, chats[turn % len(chats)]))

    await asyncio.gather(*[one(place) for place in range(CONNECTIONS)])
    return took


async def _post_and_look(client: Client, chat: str) -> float:
    began = time.perf_counter()
    posted = await client.post(f"{chat}/messages", {"body": "visible?"})
    number = json.loads(posted.body)["number"]
    while True:
        page = await client.get(f"{chat}/messages?after={number - 1}&limit=1")
        if page.json()["items"]:
            return (time.perf_counter() - began) * 1000
