"""`parley serve` with one more route, `/noop`, that does nothing: the baseline of the same process."""

import sys
from typing import Any

import falcon.asgi

from parley import embedded
from parley.serve import serve
from parley.settings import ServeSettings, serve_settings
from web.guard import ASGIApp, Receive, Scope, Send, guard
from web.strict_json import BODY_LIMIT


class Noop:
    """Answers at once, with as many bytes as a message has."""

    async def on_get(self, _req: Any, resp: falcon.asgi.Response) -> None:
        resp.data = b"x" * 200

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        await req.stream.read()
        resp.data = b"x" * 200
        resp.status = 201


def build(settings: ServeSettings) -> ASGIApp:
    """The real app, and the route that does nothing behind the same guard."""
    real = embedded.build(settings)
    noop: falcon.asgi.App[Any, Any] = falcon.asgi.App()
    noop.add_route("/noop", Noop())
    guarded = guard(noop, BODY_LIMIT)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        side = guarded if scope["type"] == "http" and scope["path"] == "/noop" else real
        await side(scope, receive, send)

    return app


if __name__ == "__main__":
    serve(serve_settings(sys.argv[1], port=0), build)
