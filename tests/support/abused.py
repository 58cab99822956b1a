"""A chat with one message, and raw requests to it that no client would send."""

import asyncio
import json
from typing import Any

from tests.support.group import Group
from tests.support.raw_http import Answer, exchange, request
from tests.support.walk import new_application, new_chat, walk

JSON = "Content-Type: application/json"


class Abused:
    """Paths of an application, its chats, a chat and its messages, of which there is one, "hello"."""

    def __init__(self, door: Group) -> None:
        self._door = door
        self.port = door.servers[0].port
        self.application, self.chat = asyncio.run(self._made())
        self.chats = f"{self.application}/chats"
        self.messages = f"{self.chat}/messages"

    def send(self, method: str, target: str, *headers: str, body: bytes = b"") -> Answer:
        """The answer to one request on a connection of its own; `headers` are whole lines."""
        return exchange(self.port, request(target, method, *headers, body=body), method)

    def get(self, target: str, *headers: str) -> Answer:
        return self.send("GET", target, *headers)

    def post(self, body: bytes, *headers: str) -> Answer:
        """Post to the messages."""
        return self.send("POST", self.messages, JSON, *headers, body=body)

    def send_json(self, method: str, target: str, value: object) -> Answer:
        return self.send(method, target, JSON, body=json.dumps(value).encode())

    def read(self, target: str) -> Any:
        """What is there, with all that was done before."""
        self._door.settle()
        answer = self.get(target)
        assert answer.status == 200, answer
        return json.loads(answer.body)

    def new_chat(self) -> str:
        """The path of another chat."""
        answer = self.send_json("POST", self.chats, {})
        assert answer.status == 201, answer
        return answer.headers["location"]

    def bodies(self) -> list[str]:
        """Those of the messages that there are."""

        async def listed() -> list[str]:
            async with self._door.client() as client:
                return [message["body"] for message in await walk(client, self.messages)]

        self._door.settle()
        return asyncio.run(listed())

    def refused(self, answer: Answer, *statuses: int) -> None:
        """Assert that it is a problem of one of those statuses."""
        assert answer.status in statuses, answer
        assert answer.headers["content-type"] == "application/problem+json", answer
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert json.loads(answer.body)["status"] == answer.status

    async def _made(self) -> tuple[str, str]:
        async with self._door.client() as client:
            application = await new_application(client)
            chat = await new_chat(client, application)
            await client.post(f"{chat}/messages", {"body": "hello"})
            return application, chat
