"""`/applications` and `/applications/{token}`."""

from falcon.asgi import Request, Response

from projections.readmodel.views import TablesView
from queries.http.admission import Admission
from queries.http.cursor import Cursors, cursor_of
from queries.http.listing import answer_list, limit_of
from queries.http.reading import Reading, freshness, only_freshness
from web.admin import AdminKey
from web.params import Params


class Application:
    """One application."""

    def __init__(self, tables: Admission) -> None:
        self._tables = tables

    async def on_get(self, req: Request, resp: Response, token: str) -> None:
        """200 with the application."""
        fresh = only_freshness(req)
        resp.data = await self._tables.read(req, token, fresh, lambda view: view.application(token))


class Applications:
    """All applications in creation order, for the admin."""

    def __init__(self, tables: Reading[TablesView], cursors: Cursors, admin: AdminKey) -> None:
        self._tables = tables
        self._cursors = cursors
        self._admin = admin

    async def on_get(self, req: Request, resp: Response) -> None:
        """200 with a page of them."""
        self._admin.require(req)
        params = Params(req)
        limit = limit_of(params)
        cursor = cursor_of(params)
        fresh = freshness(req, params)
        params.done()

        after = int(self._cursors.open("", cursor)) if cursor is not None else 0
        rows = await self._tables.read(fresh, lambda view: view.applications(after, limit + 1))
        following = None
        if len(rows) > limit:
            following = {"cursor": self._cursors.seal("", str(rows[limit - 1][0]))}
        answer_list(req, resp, [json for _, json in rows[:limit]], following)
