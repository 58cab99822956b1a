"""`/applications/{token}/keys`."""

from falcon.asgi import Request, Response

from queries.http.admission import Admission
from queries.http.cursor import Cursors, cursor_of
from queries.http.listing import answer_list, limit_of
from queries.http.reading import freshness
from web.params import Params


class Keys:
    """The keys of an application that work, the oldest first; never what could be used as one."""

    def __init__(self, tables: Admission, cursors: Cursors) -> None:
        self._tables = tables
        self._cursors = cursors

    async def on_get(self, req: Request, resp: Response, token: str) -> None:
        """200 with a page of them; none for an application that never had one."""
        params = Params(req)
        limit = limit_of(params)
        cursor = cursor_of(params)
        fresh = freshness(req, params)
        params.done()
        after = _place(self._cursors.open(token, cursor)) if cursor is not None else None
        rows = await self._tables.read(req, token, fresh, lambda view: view.keys(token, after, limit + 1))
        following = None
        if len(rows) > limit:
            last = rows[limit - 1]
            following = {"cursor": self._cursors.seal(token, f"{last.created_at} {last.id}")}
        answer_list(req, resp, [row.json for row in rows[:limit]], following)


def _place(text: str) -> tuple[str, str]:
    created_at, _, identity = text.partition(" ")
    return created_at, identity
