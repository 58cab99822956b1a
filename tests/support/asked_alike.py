"""One request to several Parleys: each must give the same answer."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from tests.support import raw_http
from tests.support.raw_http import Answer, Connection

READS = ("GET", "HEAD")
POSITION = "Min-Log-Position"
PATIENCE = 60
# Of the HTTP server, not of Parley.
FOREIGN = ("date", "server", "x-request-id")
# Cursors are signed with a secret that each has for itself.
_CURSOR = re.compile(r"(?<=[?&]cursor=)[A-Za-z0-9_-]+")


class Request(NamedTuple):
    """`headers` are sent as they are; a body comes with its Content-Length."""

    method: str
    target: str
    headers: Mapping[str, str] = {}
    body: bytes = b""

    def sent(self) -> bytes:
        lines = (f"{name}: {value}" for name, value in self.headers.items())
        return raw_http.request(self.target, self.method, *lines, body=self.body)

    def __str__(self) -> str:
        return (
            f"{self.method} {self.target} {dict(self.headers)} {self.body[:200]!r} ({len(self.body)} bytes)"
        )


class Parley:
    """One of them, reached at several addresses in turn."""

    def __init__(self, name: str, commands: Sequence[str], queries: Sequence[str]) -> None:
        self.name = name
        self._connections: dict[int, Connection] = {}
        self._commands, self._queries = (
            cycle([urlsplit(url).port or 80 for url in urls]) for urls in (commands, queries)
        )
        self._port = 0
        self._method = ""

    def send(self, request: Request) -> None:
        self._method = request.method
        self._port = next(self._queries if request.method in READS else self._commands)
        if self._port not in self._connections:
            self._connections[self._port] = Connection(self._port)
        self._connections[self._port].send(request.sent())

    def answer(self) -> Answer:
        """To the request that was sent last."""
        answer = self._connections[self._port].answer(self._method)
        if answer.headers.get("connection") == "close":
            self._connections.pop(self._port).close()
        return answer

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()


class Differs(AssertionError):
    """Two answered differently."""


class Alike:
    """Asks all of them, and compares what they say."""

    def __init__(self, parleys: Sequence[Parley]) -> None:
        self._parleys = parleys
        self.position = 0
        """That of the last event of any command."""
        self.statuses: Counter[int] = Counter()
        """How many answers each of them has given."""

    def command(self, request: Request) -> Answer:
        """The answer of all. Raises Differs."""
        answer = self._compared(*self._ask([request] * len(self._parleys)))[0]
        self.position = max(self.position, int(answer.headers.get("log-position", 0)))
        return answer

    def read(self, request: Request) -> Answer:
        """The same, including all that was commanded, unless the request says otherwise."""
        return self._read([request] * len(self._parleys))[0]

    def pages(self, target: str, headers: Mapping[str, str]) -> Iterator[Any]:
        """The documents of a list's pages by its `next` links, each Parley's by its own; none if it is not there."""
        targets: list[str] = [target] * len(self._parleys)
        while all(targets):
            answers = self._read([Request("GET", each, headers) for each in targets])
            if answers[0].status != 200:
                return
            pages = [json.loads(answer.body) for answer in answers]
            yield pages[0]
            targets = [page["next"] for page in pages]
            for following, answer in zip(targets, answers, strict=True):
                link = f'<{following}>; rel="next"' if following else None
                assert answer.headers.get("link") == link, answer

    def _read(self, requests: Sequence[Request]) -> Sequence[Answer]:
        if any(POSITION in request.headers for request in requests):
            return self._compared(*self._ask(requests))
        fresh = {POSITION: str(self.position)}
        requests = [request._replace(headers={**request.headers, **fresh}) for request in requests]
        given_up_at = time.monotonic() + PATIENCE
        asked = self._ask(requests)
        # What is known to come may take longer than a server waits for it.
        while any(answer.status == 503 for answer in asked[1]) and time.monotonic() < given_up_at:
            asked = self._ask(requests)
        return self._compared(*asked)

    def _ask(self, requests: Sequence[Request]) -> tuple[Sequence[Request], Sequence[Answer]]:
        for parley, request in zip(self._parleys, requests, strict=True):
            parley.send(request)
        return requests, [parley.answer() for parley in self._parleys]

    def _compared(self, requests: Sequence[Request], answers: Sequence[Answer]) -> Sequence[Answer]:
        seen = [_seen(answer) for answer in answers]
        if any(each != seen[0] for each in seen):
            shown = (f"{parley.name}: {each}" for parley, each in zip(self._parleys, seen, strict=True))
            raise Differs("\n".join([f"request {self.statuses.total() + 1}: {requests[0]}", *shown]))
        self.statuses[answers[0].status] += 1
        return answers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for parley in self._parleys:
            parley.close()


def _seen(answer: Answer) -> tuple[int, Mapping[str, str], str]:
    """What must be the same; cursors are compared by where they lead, not by their text."""
    body = answer.body.decode()
    headers = {name: value for name, value in answer.headers.items() if name not in FOREIGN}
    if "link" in headers and _CURSOR.search(headers["link"]):
        headers["link"] = _CURSOR.sub("…", headers["link"])
        body = _CURSOR.sub("…", body)
        # Places in a list need not be as long in one as in the other.
        del headers["content-length"]
    return answer.status, headers, body
