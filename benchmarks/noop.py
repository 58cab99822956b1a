"""The baseline: a request that does nothing."""

from typing import Any

import falcon.asgi

PATH = "/noop"


class Noop:
    """Answers at once, with as many bytes as a message has."""

    async def on_get(self, _req: Any, resp: falcon.asgi.Response) -> None:
        resp.data = b"x" * 200

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        await req.stream.read()
        resp.data = b"x" * 200
        resp.status = 201


def noop_app() -> falcon.asgi.App[Any, Any]:
    """An app of its own, so that it costs nothing but the framework."""
    app: falcon.asgi.App[Any, Any] = falcon.asgi.App()
    app.add_route(PATH, Noop())
    return app
