"""A keep-alive JSON client for tests that send thousands of requests: one connection, one request at a time."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit


class Answer(NamedTuple):
    """Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class AnyClient:
    """What can be asked."""

    async def request(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """The answer, whatever its status."""
        raise NotImplementedError

    async def close(self) -> None:
        """Close what is open."""
        raise NotImplementedError

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    async def post(self, path: str, body: object = None, **headers: str) -> Answer:
        return await self.request(
            "POST", path, body, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self.close()


class Client(AnyClient):
    """Raises OSError or asyncio.IncompleteReadError when the server goes away; connects again at the next request."""

    def __init__(self, url: str, timeout: float = 30) -> None:
        address = urlsplit(url)
        assert address.hostname is not None
        self._host, self._port = address.hostname, address.port
        self._timeout = timeout
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def close(self) -> None:
        if self._streams is not None:
            _, writer = self._streams
            self._streams = None
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def request(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._exchange(method, path, body, headers or {})
        except BaseException:
            await self.close()
            raise

    async def _exchange(self, method: str, path: str, body: object, headers: Mapping[str, str]) -> Answer:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        data = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}:{self._port}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if data:
            lines += ["Content-Type: application/json"]
        if data or method in ("POST", "PATCH", "PUT"):
            lines += [f"Content-Length: {len(data)}"]
        writer.write("\r\n".join([*lines, "", ""]).encode() + data)
        return await self._answer(reader, method)

    async def _answer(self, reader: asyncio.StreamReader, method: str) -> Answer:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status_line, *lines = head[:-4].split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = 0 if method == "HEAD" else int(headers.get("content-length", 0))
        body = await reader.readexactly(length)
        if headers.get("connection") == "close":
            await self.close()
        return Answer(int(status_line.split()[1]), headers, body)
