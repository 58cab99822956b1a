"""Conditional reads (RFC 9110, 13): `If-Match` and `If-None-Match` on whatever answers GET."""

from falcon.asgi import Request, Response

from web import etag
from web.problem import Problem


class Conditional:
    """Falcon middleware: turns a 200 into 304 for a client that has it, or into 412 if it is not what it wants.

    An answer without `ETag` is there, but no tag names it: only `*` is true of it. Conditions don't count where the
    answer would not be a 2xx without them (13.2.1).
    """

    async def process_response(
        self, req: Request, resp: Response, _resource: object, succeeded: bool
    ) -> None:
        """Look at the answer; raises Problem 400 or 412."""
        if not succeeded or req.method not in ("GET", "HEAD") or not 200 <= resp.status_code < 300:
            return
        wanted = etag.parse(req.get_header("If-Match"), "If-Match")
        known = etag.parse(req.get_header("If-None-Match"), "If-None-Match")
        if wanted is None and known is None:
            return
        tag = etag.opaque(resp.get_header("ETag"))
        if wanted is not None and not wanted.match_strongly(tag):
            raise Problem(412)
        if known is not None and known.match_weakly(tag):
            resp.status = 304
            resp.data = None
