"""`/applications/{token}/chats` and `…/chats/{chat}`."""

from falcon.asgi import Request, Response

from projections.readmodel.views import RecentKey
from queries.http.admission import Admission
from queries.http.cursor import Cursors, cursor_of
from queries.http.listing import ORDERS, answer_list, answer_page, limit_of, one_more, page_of
from queries.http.reading import freshness, only_freshness
from web.params import Params


class Chat:
    """One chat."""

    def __init__(self, tables: Admission) -> None:
        self._tables = tables

    async def on_get(self, req: Request, resp: Response, token: str, chat: int) -> None:
        """200 with the chat."""
        fresh = only_freshness(req)
        resp.data = await self._tables.read(req, token, fresh, lambda view: view.chat(token, chat))


class Chats:
    """The chats of an application: by number, or the most recently written first."""

    def __init__(self, tables: Admission, cursors: Cursors) -> None:
        self._tables = tables
        self._cursors = cursors

    async def on_get(self, req: Request, resp: Response, token: str) -> None:
        """200 with a page of them."""
        params = Params(req)
        order = params.choice("order", (*ORDERS, "recent"), "asc")
        if order == "recent":
            await self._recent(req, resp, params, token)
        else:
            await self._by_number(req, resp, params, token, order)

    async def _by_number(self, req: Request, resp: Response, params: Params, token: str, order: str) -> None:
        page = page_of(params, order)
        fresh = freshness(req, params)
        params.done()
        rows = await self._tables.read(req, token, fresh, lambda view: view.chats(token, one_more(page)))
        answer_page(req, resp, page, rows)

    async def _recent(self, req: Request, resp: Response, params: Params, token: str) -> None:
        limit = limit_of(params)
        cursor = cursor_of(params)
        fresh = freshness(req, params)
        params.done()
        after = _key(self._cursors.open(token, cursor)) if cursor is not None else None
        rows = await self._tables.read(
            req, token, fresh, lambda view: view.recent_chats(token, after, limit + 1)
        )
        following = None
        if len(rows) > limit:
            following = {"cursor": self._cursors.seal(token, _place(rows[limit - 1].key))}
        answer_list(req, resp, [row.json for row in rows[:limit]], following)


def _place(key: RecentKey) -> str:
    return f"{key.last_message_at} {key.number}"


def _key(place: str) -> RecentKey:
    last_message_at, _, number = place.rpartition(" ")
    return RecentKey(last_message_at, int(number))
