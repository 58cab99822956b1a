"""The ports of reading over plain dictionaries: what the SQL adapters answer, without an engine."""

import asyncio
from collections.abc import Callable, Iterable
from copy import copy
from typing import Any, Generic, Protocol, TypeVar

import orjson

from projections.readmodel.errors import NotThere
from projections.readmodel.keyring import Admit, Key, anybody
from projections.readmodel.norm import norm
from projections.readmodel.views import Found, Hit, KeyRow, MessageRow, Page, RecentKey, RecentRow, Row
from web.keys import NewKey, new_key

T = TypeVar("T")
Json = dict[str, Any]


class MemoryTables:
    """A TablesView over a state that its test changes; each change is one position of the log."""

    def __init__(self) -> None:
        self.position = 0
        self._applications: dict[str, tuple[int, Json]] = {}
        self._keys: dict[str, dict[str, Key]] = {}
        self._admit: Admit = anybody
        self._chats: dict[tuple[str, int], Json] = {}
        self._messages: dict[tuple[str, int, int], list[Json]] = {}

    def put_application(self, token: str, name: str = "Desk") -> None:
        at = self._now()
        fields = {"token": token, "name": name, "created_at": at, "updated_at": at}
        self._applications[token] = (self.position, fields)

    def put_chat(self, token: str, number: int, title: str | None = None) -> None:
        at = self._now()
        self._chats[token, number] = {
            "number": number,
            "title": title,
            "last_message_at": None,
            "created_at": at,
            "updated_at": at,
        }

    def put_message(
        self, token: str, chat: int, number: int, body: str = "hello", sender: str | None = None
    ) -> None:
        """A new message, or the next version of the one that is there."""
        versions = self._messages.setdefault((token, chat, number), [])
        at = self._now()
        created_at = versions[0]["created_at"] if versions else at
        if not versions:
            self._chats[token, chat]["last_message_at"] = at
        versions.append(
            {
                "number": number,
                "body": body,
                "sender": sender,
                "version": len(versions) + 1,
                "created_at": created_at,
                "updated_at": at,
            }
        )

    def put_key(self, token: str, scope: str) -> NewKey:
        at = self._now()
        key = new_key(token)
        self._keys.setdefault(token, {})[key.id] = Key(scope, key.hash, at)
        return key

    def drop_key(self, token: str, id: str) -> None:
        self.position += 1
        del self._keys[token][id]

    def guarded(self, admit: Admit) -> "MemoryTables":
        guarded = copy(self)
        guarded._admit = admit
        return guarded

    def keys(self, token: str, after: tuple[str, str] | None, limit: int) -> list[KeyRow] | None:
        if not self._is_there(token):
            return None
        rows = [
            KeyRow(
                key.created_at,
                id,
                orjson.dumps({"id": id, "scope": key.scope, "created_at": key.created_at}),
            )
            for id, key in self._keys.get(token, {}).items()
        ]
        return [row for row in rows if after is None or row[:2] > after][:limit]

    def drop_application(self, token: str) -> None:
        self.position += 1
        del self._applications[token]

    def drop_chat(self, token: str, number: int) -> None:
        self.position += 1
        del self._chats[token, number]

    def drop_message(self, token: str, chat: int, number: int) -> None:
        self.position += 1
        del self._messages[token, chat, number]

    def application(self, token: str) -> bytes | None:
        if not self._is_there(token):
            return None
        counted = {"chats_count": sum(owner == token for owner, _ in self._chats)}
        return orjson.dumps(self._applications[token][1] | counted)

    def applications(self, after: int, limit: int) -> list[Row]:
        rows = [
            (position, self.application(token) or b"")
            for token, (position, _) in self._applications.items()
            if position > after
        ]
        return rows[:limit]

    def chat(self, token: str, number: int) -> bytes | None:
        if not self._is_there(token) or (token, number) not in self._chats:
            return None
        counted = {"messages_count": sum(key[:2] == (token, number) for key in self._messages)}
        return orjson.dumps(self._chats[token, number] | counted)

    def chats(self, token: str, page: Page) -> list[Row] | None:
        if not self._is_there(token):
            return None
        numbers = (number for owner, number in self._chats if owner == token)
        return [(number, self.chat(token, number) or b"") for number in _numbers(numbers, page)]

    def recent_chats(self, token: str, after: RecentKey | None, limit: int) -> list[RecentRow] | None:
        if not self._is_there(token):
            return None
        keys = [
            RecentKey(fields["last_message_at"] or "", number)
            for (owner, number), fields in self._chats.items()
            if owner == token
        ]
        keys.sort(key=lambda key: key.number)
        keys.sort(key=lambda key: key.last_message_at, reverse=True)
        if after is not None:
            keys = [key for key in keys if _is_behind(key, after)]
        return [RecentRow(key, self.chat(token, key.number) or b"") for key in keys[:limit]]

    def message(self, token: str, chat: int, number: int) -> MessageRow | None:
        versions = self._versions(token, chat, number)
        return MessageRow(len(versions), orjson.dumps(versions[-1])) if versions else None

    def messages(self, token: str, chat: int, page: Page) -> list[Row] | None:
        if self.chat(token, chat) is None:
            return None
        numbers = (key[2] for key in self._messages if key[:2] == (token, chat))
        return [
            (number, orjson.dumps(self._messages[token, chat, number][-1]))
            for number in _numbers(numbers, page)
        ]

    def history(self, token: str, chat: int, number: int, page: Page) -> list[Row] | None:
        versions = {fields["version"]: fields for fields in self._versions(token, chat, number)}
        if not versions:
            return None
        return [
            (n, orjson.dumps({"version": n, "body": versions[n]["body"], "at": versions[n]["updated_at"]}))
            for n in _numbers(versions, page)
        ]

    def bodies(self, token: str, chat: int) -> dict[int, Json]:
        """The latest version of each message, owners alive or not: what a search index holds."""
        return {key[2]: versions[-1] for key, versions in self._messages.items() if key[:2] == (token, chat)}

    def _is_there(self, token: str) -> bool:
        """Whether the application is there; asked first, as its keys come with it."""
        if token in self._applications and token in self._keys:
            self._admit(self._keys[token], self.position)
        return token in self._applications

    def _versions(self, token: str, chat: int, number: int) -> list[Json]:
        return self._messages.get((token, chat, number), []) if self.chat(token, chat) else []

    def _now(self) -> str:
        self.position += 1
        return f"2026-01-01T00:00:00.{self.position:06}Z"


class MemorySearch:
    """A SearchView of the messages in a MemoryTables."""

    def __init__(self, tables: MemoryTables) -> None:
        self._tables = tables

    @property
    def position(self) -> int:
        return self._tables.position

    def find(self, token: str, chat: int, needle: str, page: Page) -> Found:
        matching = {
            number: fields
            for number, fields in self._tables.bodies(token, chat).items()
            if needle in norm(fields["body"])
        }
        hits = [
            Hit(number, matching[number]["body"], orjson.dumps(matching[number]))
            for number in _numbers(matching, page)
        ]
        return Found(len(matching), hits)


class Positioned(Protocol):
    """What MemoryReads needs of a view."""

    @property
    def position(self) -> int: ...


V = TypeVar("V", bound=Positioned)


class MemoryReads(Generic[V]):
    """Reads whose clock stands still: a read that has to wait runs `while_waiting`, then looks again."""

    def __init__(self, view: V) -> None:
        self.view = view
        self.asked: list[tuple[int, float]] = []
        self.while_waiting: Callable[[], None] = lambda: None
        self.failure: Exception | None = None

    @property
    def position(self) -> int:
        return self.view.position

    async def read(self, query: Callable[[V], T], min_position: int = 0, wait: float = 5.0) -> T:
        self.asked.append((min_position, wait))
        if self.failure is not None:
            raise self.failure
        if self.position < min_position:
            await asyncio.sleep(0)
            self.while_waiting()
        if self.position < min_position:
            raise NotThere(min_position, self.position)
        return query(self.view)


def _numbers(numbers: Iterable[int], page: Page) -> list[int]:
    inside = (n for n in numbers if n > page.after and (page.before is None or n < page.before))
    return sorted(inside, reverse=page.descending)[: page.limit]


def _is_behind(key: RecentKey, after: RecentKey) -> bool:
    if key.last_message_at != after.last_message_at:
        return key.last_message_at < after.last_message_at
    return key.number > after.number
