"""`/docs/problems/…`: the pages that a problem's `type` opens."""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from typing import Any

import falcon.asgi
from falcon.asgi import Request, Response

from web.documents import Document
from web.params import Params
from web.paths import PROBLEM
from web.problem import KINDS, Kind, Problem

HTML = "text/html; charset=utf-8"
_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;"
    "color:#222;background:#fff}h1{font-size:1.6rem}h2{font-size:1.1rem}"
)
# By its hash, so that no other style, and nothing else at all, is let in.
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def add_problem_pages(app: falcon.asgi.App[Any, Any]) -> None:
    """Add the route."""
    app.add_route(PROBLEM, ProblemPages({kind.slug: page(status, kind) for status, kind in KINDS.items()}))


class ProblemPages:
    """A page for each type of problem; `pages` are by slug."""

    def __init__(self, pages: Mapping[str, str]) -> None:
        headers = {"Content-Security-Policy": _POLICY}
        self._pages = {slug: Document(text.encode(), HTML, headers) for slug, text in pages.items()}

    async def on_get(self, req: Request, resp: Response, problem: str) -> None:
        """200 with the page. Raises Problem 404 for a type that there is not."""
        Params(req).done()
        found = self._pages.get(problem)
        if found is None:
            raise Problem(404)
        found.answer(resp)


def page(status: int, kind: Kind) -> str:
    """The HTML that explains `kind`."""
    title, meaning, cure = map(escape, (kind.title, kind.meaning, kind.cure))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} ({status})</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{title}</h1>
<p>Status {status}, type {kind.type}</p>
<h2>What it means</h2>
<p>{meaning}</p>
<h2>What to do</h2>
<p>{cure}</p>
</body>
</html>
"""
