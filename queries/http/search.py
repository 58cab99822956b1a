"""`…/chats/{chat}/messages/search`."""

import asyncio
from time import monotonic
from typing import NamedTuple

from falcon.asgi import Request, Response

from projections.readmodel.errors import ReadModelUnavailable
from projections.readmodel.highlights import highlights
from projections.readmodel.norm import norm
from projections.readmodel.reads import MOST_SECONDS
from projections.readmodel.views import Hit, Page, Row, SearchView
from queries.http.admission import Admission
from queries.http.listing import ORDERS, answer_page, one_more, page_of
from queries.http.reading import Freshness, Reading, freshness
from queries.http.turns import Turns
from web.params import Params
from web.strict_json import dumps

MAX_QUERY = 200
MOST_RUNNING = 2
"""Searches of one application at a time; there is a thread more than that."""
MOST_OF_ONE = 200
"""Searches of one application that run or wait."""


class Search:
    """The messages of a chat that contain a text, the newest first unless told otherwise."""

    def __init__(self, tables: Admission, search: Reading[SearchView]) -> None:
        self._tables = tables
        self._search = search
        self._turns = Turns(MOST_RUNNING, MOST_OF_ONE)

    async def on_get(self, req: Request, resp: Response, token: str, chat: int) -> None:
        """200 with a page of them, where in each the text occurs, and how many there are in all."""
        start = monotonic()
        params = Params(req)
        q = _query(params)
        page = page_of(params, params.choice("order", ORDERS, "desc"))
        fresh = freshness(req, params)
        params.done()

        # The index does not know that a chat, or its application, is gone; the tables do, and are asked meanwhile.
        finding = asyncio.create_task(self._find(fresh.since(start), token, chat, q, page))
        # What it comes to concerns nobody if the chat is not there.
        finding.add_done_callback(_looked_at)
        try:
            await self._tables.read(req, token, fresh, lambda view: view.chat(token, chat))
            found = await finding
        finally:
            finding.cancel()
        answer_page(req, resp, page, found.rows, more=b'"total":%d,' % found.total)

    async def _find(self, fresh: Freshness, token: str, chat: int, q: str, page: Page) -> "_Found":
        async with self._turns.of(token):
            return await self._search.read(fresh, lambda view: _find(view, token, chat, q, page))


def _looked_at(task: asyncio.Task["_Found"]) -> None:
    if not task.cancelled():
        task.exception()


class _Found(NamedTuple):
    total: int
    rows: list[Row]


def _query(params: Params) -> str:
    q = params.text("q", MAX_QUERY, required=True) or ""
    if q and not norm(q):
        params.refuse("q", "must have something besides combining marks")
    return q


def _find(view: SearchView, token: str, chat: int, q: str, page: Page) -> _Found:
    """What the view finds, ready to send: highlighting takes its time, which is not the event loop's."""
    deadline = monotonic() + MOST_SECONDS
    found = view.find(token, chat, norm(q), one_more(page))
    rows: list[Row] = []
    for hit in found.hits[: page.limit]:
        if monotonic() > deadline:
            raise ReadModelUnavailable("the highlights of a page take too long")
        rows.append((hit.number, highlighted(hit, q)))
    # The one over the limit only tells that there is a next page.
    return _Found(found.total, rows + [(hit.number, b"") for hit in found.hits[page.limit :]])


def highlighted(hit: Hit, q: str) -> bytes:
    """The message as JSON with one more field: where `q` occurs in its body."""
    return b'%b,"highlights":%b}' % (hit.json[:-1], dumps(highlights(hit.body, q)))
