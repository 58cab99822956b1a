"""`/docs` and the files of its page."""

import asyncio
from typing import Any

import falcon.asgi
from falcon.asgi import Request, Response

from web.compression import takes_gzip
from web.docs.files import FILES, document, page
from web.params import Params
from web.paths import DOCS, DOCS_FILE
from web.problem import Problem


def add_docs(app: falcon.asgi.App[Any, Any]) -> None:
    """Add both routes."""
    app.add_route(DOCS, page())
    app.add_route(DOCS_FILE, File())


class File:
    """What the page loads."""

    async def on_get(self, req: Request, resp: Response, file: str) -> None:
        """200 with it. Raises Problem 404 for what the page does not load."""
        Params(req).done()
        if file not in FILES:
            raise Problem(404)
        packed = takes_gzip(req.get_header("Accept-Encoding"))
        (await asyncio.get_running_loop().run_in_executor(None, document, file, packed)).answer(resp)
