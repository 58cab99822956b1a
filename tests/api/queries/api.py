"""The query API over memory, and how its answers are looked at."""

from collections.abc import Mapping, Sequence
from typing import Any

from falcon.testing import Result, TestClient

from queries.http.app import ROUTES, create_app
from tests.support.memory_views import MemoryReads, MemorySearch, MemoryTables
from web.health import Health

TOKEN = "A" * 43
OTHER = "B" * 43
ADMIN_KEY = "the admin's key"


class Api:
    """The app, the state behind it, and what the test can turn."""

    def __init__(
        self,
        *,
        admin_key: str | None = None,
        secret: bytes = b"s" * 32,
        allowed: Mapping[str, Sequence[str]] = ROUTES,
    ) -> None:
        self.tables = MemoryTables()
        self.reads = MemoryReads(self.tables)
        self.search_reads = MemoryReads(MemorySearch(self.tables))
        self.floor = 0
        self.recent_from = 0
        """The position from which on the keys are recent."""
        self.health = Health(True, {"lag": 0})
        self.client = TestClient(
            create_app(
                tables=self.reads,
                search=self.search_reads,
                secret=secret,
                admin_key=admin_key,
                openapi=b"{}",
                health=lambda: self.health,
                is_recent=lambda position: position >= self.recent_from,
                floor=lambda: self.floor,
                allowed=allowed,
            )
        )

    def get(self, path: str, *, method: str = "GET", **headers: str) -> Result:
        """The answer; the query is part of `path`, and underscores in header names stand for hyphens."""
        path, _, query = path.partition("?")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.simulate_request(method, path, query_string=query, headers=named)

    def ok(self, path: str, **headers: str) -> Any:
        """The JSON of a 200."""
        result = self.get(path, **headers)
        assert result.status_code == 200, result.text
        assert result.headers["content-type"] == "application/json"
        return result.json

    def refused(self, status: int, path: str, **headers: str) -> Any:
        """The problem of a refusal."""
        result = self.get(path, **headers)
        assert result.status_code == status, result.text
        assert result.headers["content-type"] == "application/problem+json"
        assert result.json["status"] == status
        return result.json

    def wrong_parameters(self, path: str) -> list[str]:
        """The names in the errors of a 422, in alphabetical order."""
        return sorted(error["parameter"] for error in self.refused(422, path)["errors"])

    def walk(self, path: str) -> list[list[Any]]:
        """The items of each page, from `path` along `next`."""
        pages = []
        following: str | None = path
        while following is not None:
            answer = self.ok(following)
            pages.append(answer["items"])
            following = answer["next"]
        return pages


def fill(tables: MemoryTables, token: str = TOKEN, *, chats: int = 0, messages: int = 0) -> None:
    """An application with that many chats, the first of which has that many messages."""
    tables.put_application(token)
    for number in range(1, chats + 1):
        tables.put_chat(token, number)
    for number in range(1, messages + 1):
        tables.put_message(token, 1, number)
