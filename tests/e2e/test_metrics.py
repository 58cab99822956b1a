"""What each process tells at `/metrics`, and what it does not."""

import asyncio

from tests.support.client import Client
from tests.support.scraped import scrape, scraped, total
from tests.support.server import Server
from tests.support.walk import new_application, new_chat


async def post(url: str, messages: int) -> str:
    """A new chat with so many messages; its path."""
    async with Client(url) as client:
        chat = await new_chat(client, await new_application(client))
        for _ in range(messages):
            await client.post(f"{chat}/messages", {"body": "x"})
        return chat


def test_a_single_process_tells_all(server: Server) -> None:
    chat = asyncio.run(post(server.url, 3))
    told = scrape(server.url)
    assert total(told, "parley_http_requests_total", method="POST", status="201") == 5
    assert total(told, "parley_http_request_duration_seconds_count", status="201") == 5
    assert chat.split("/")[2] not in told
    assert total(told, "parley_append_batch_events_sum") == 5
    assert total(told, "parley_append_batch_events_count") == total(
        told, "parley_append_duration_seconds_count"
    )
    assert scraped(told, "parley_append_queue_commands") == [(0, {})]
