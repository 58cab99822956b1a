"""`…/chats/{chat}/messages`, `…/messages/{message}` and its history."""

from falcon.asgi import Request, Response

from queries.http.admission import Admission
from queries.http.listing import ORDERS, answer_page, one_more, page_after, page_of
from queries.http.reading import freshness, only_freshness
from web.etag import quoted
from web.params import Params


class Message:
    """One message, under the entity tag of its version."""

    def __init__(self, tables: Admission) -> None:
        self._tables = tables

    async def on_get(self, req: Request, resp: Response, token: str, chat: int, message: int) -> None:
        """200 with the message."""
        fresh = only_freshness(req)
        row = await self._tables.read(req, token, fresh, lambda view: view.message(token, chat, message))
        resp.set_header("ETag", quoted(row.version))
        resp.data = row.json


class Messages:
    """The messages of a chat, by number."""

    def __init__(self, tables: Admission) -> None:
        self._tables = tables

    async def on_get(self, req: Request, resp: Response, token: str, chat: int) -> None:
        """200 with a page of them."""
        params = Params(req)
        page = page_of(params, params.choice("order", ORDERS, "asc"))
        fresh = freshness(req, params)
        params.done()
        rows = await self._tables.read(
            req, token, fresh, lambda view: view.messages(token, chat, one_more(page))
        )
        answer_page(req, resp, page, rows)


class History:
    """The versions of a message, oldest first."""

    def __init__(self, tables: Admission) -> None:
        self._tables = tables

    async def on_get(self, req: Request, resp: Response, token: str, chat: int, message: int) -> None:
        """200 with a page of them."""
        params = Params(req)
        page = page_after(params)
        fresh = freshness(req, params)
        params.done()
        rows = await self._tables.read(
            req, token, fresh, lambda view: view.history(token, chat, message, one_more(page))
        )
        answer_page(req, resp, page, rows)
