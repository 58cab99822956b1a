"""The ports of reading: what queries can ask of one snapshot of a read model."""

from typing import NamedTuple, Protocol, Self

from projections.readmodel.keyring import Admit


class Page(NamedTuple):
    """Numbers greater than `after` and less than `before` (None: no bound), at most `limit` of them."""

    limit: int
    after: int = 0
    before: int | None = None
    descending: bool = False


Row = tuple[int, bytes]
"""The number that a thing is paged by, and the thing as ready-to-send JSON.

A plain tuple, as drivers give it: a page holds a hundred of them.
"""


class RecentKey(NamedTuple):
    """A chat's place among the recent ones: newest `last_message_at` first, silent chats last, then by number."""

    last_message_at: str
    number: int


class RecentRow(NamedTuple):
    """A ready-to-send chat and its place; `last_message_at` is "" for a chat without a message."""

    key: RecentKey
    json: bytes


class MessageRow(NamedTuple):
    """A ready-to-send message and its version."""

    version: int
    json: bytes


class KeyRow(NamedTuple):
    """A ready-to-send key, and its place among those of its application: the oldest first."""

    created_at: str
    id: str
    json: bytes


class TablesView(Protocol):
    """One snapshot of the read tables. None means: there is no such thing, or an owner of it is gone."""

    @property
    def position(self) -> int:
        """The log position that the snapshot includes, and nothing after it."""

    def guarded(self, admit: Admit) -> Self:
        """The same snapshot, for one who must be admitted: before an answer about an application that has, or had, a
        key is given, even that there is no such thing below it, `admit` is called, and what it raises is raised.

        The keyring comes with what is asked, and costs no question more. `applications` asks nobody.
        """

    def application(self, token: str) -> bytes | None:
        """The application as JSON."""

    def applications(self, after: int, limit: int) -> list[Row]:
        """Applications in creation order; a row's number is what to give as `after` for the next page."""

    def keys(self, token: str, after: tuple[str, str] | None, limit: int) -> list[KeyRow] | None:
        """The application's keys that work, those behind the place `after` (created_at, id)."""

    def chat(self, token: str, number: int) -> bytes | None:
        """The chat as JSON."""

    def chats(self, token: str, page: Page) -> list[Row] | None:
        """The application's chats by number."""

    def recent_chats(self, token: str, after: RecentKey | None, limit: int) -> list[RecentRow] | None:
        """The application's chats, most recently written ones first, those behind `after`."""

    def message(self, token: str, chat: int, number: int) -> MessageRow | None:
        """The message as JSON."""

    def messages(self, token: str, chat: int, page: Page) -> list[Row] | None:
        """The chat's messages by number."""

    def history(self, token: str, chat: int, number: int, page: Page) -> list[Row] | None:
        """The message's versions by version, each as JSON `{version, body, at}`; there is no descending page."""


class Hit(NamedTuple):
    """A matching message: ready-to-send JSON (an object), and its body, for the highlights."""

    number: int
    body: str
    json: bytes


class Found(NamedTuple):
    """How many messages match in all, and one page of them."""

    total: int
    hits: list[Hit]


class SearchView(Protocol):
    """One snapshot of the search index."""

    @property
    def position(self) -> int:
        """The log position that the snapshot includes, and nothing after it."""

    def find(self, token: str, chat: int, needle: str, page: Page) -> Found:
        """The chat's messages whose normalised body contains `needle`, which is normalised and not empty.

        `total` ignores the page. That the chat lives is for the caller to check, on the tables.
        """
