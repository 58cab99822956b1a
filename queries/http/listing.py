"""Lists: the parameters that page them, and the answer with its link to the next page."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

from falcon.asgi import Request, Response

from projections.readmodel.views import Page, Row
from web.compression import mark
from web.params import Params

DEFAULT_LIMIT = 50
MAX_LIMIT = 100
MAX_NUMBER = 10**18 - 1
ORDERS = ("asc", "desc")

Place = Mapping[str, str | int]
"""The query parameters that say where in a list a page starts."""


def limit_of(params: Params) -> int:
    """The parameter `limit`."""
    return params.integer("limit", DEFAULT_LIMIT, 1, MAX_LIMIT)


def page_of(params: Params, order: str) -> Page:
    """The page by number that `limit`, `after` and `before` ask for."""
    return Page(
        limit_of(params),
        params.integer("after", 0, 0, MAX_NUMBER),
        params.integer("before", None, 0, MAX_NUMBER),
        descending=order == "desc",
    )


def page_after(params: Params) -> Page:
    """The page by number that `limit` and `after` ask for, of a list that has but one order."""
    return Page(limit_of(params), params.integer("after", 0, 0, MAX_NUMBER))


def one_more(page: Page) -> Page:
    """The page to ask a view for: a row over the limit tells that there is a next page."""
    return page._replace(limit=page.limit + 1)


def _place_after(page: Page, rows: Sequence[Row]) -> Place | None:
    """Where the next page starts, given the rows found for `one_more(page)`; None if there is none."""
    if len(rows) <= page.limit:
        return None
    return {"before" if page.descending else "after": rows[page.limit - 1][0]}


def answer_page(req: Request, resp: Response, page: Page, rows: Sequence[Row], more: bytes = b"") -> None:
    """Answer the rows found for `one_more(page)`, as `answer_list` does."""
    answer_list(req, resp, [json for _, json in rows[: page.limit]], _place_after(page, rows), more)


def answer_list(
    req: Request, resp: Response, items: Sequence[bytes], following: Place | None, more: bytes = b""
) -> None:
    """Answer `items`, each ready-to-send JSON, and the link to the page that starts at `following`, if any.

    `more` is JSON to stand between the two, for instance `"total":3,`. To be called after `params.done()`.
    """
    link = b"null"
    if following is not None:
        # Both the path's converters and urlencode leave nothing that JSON or Link would have to escape.
        path = f"{req.path}?{urlencode({**req.params, **following}, quote_via=quote, safe='')}"
        resp.set_header("Link", f'<{path}>; rel="next"')
        link = b'"%b"' % path.encode()
    mark(resp)
    resp.data = b'{"items":[%b],%b"next":%b}' % (b",".join(items), more, link)
