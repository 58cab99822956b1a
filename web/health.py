"""`/livez` and `/readyz`: for those who start, stop and route to this process."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import falcon.asgi
from falcon.asgi import Request, Response

from web.params import Params
from web.paths import LIVEZ, READYZ
from web.problem import RETRY_AFTER
from web.strict_json import dumps


class Health(NamedTuple):
    """Whether this process can do its job, and what else there is to tell: JSON-able, without secrets.

    `more` is for who asks for it; it may have a fuller value of what `detail` has.
    """

    ready: bool
    detail: Mapping[str, Any]
    more: Mapping[str, Any] = {}


def add_health(app: falcon.asgi.App[Any, Any], health: Callable[[], Health]) -> None:
    """Add both routes; `health` is called on the event loop, so it must not block."""
    app.add_route(LIVEZ, Livez())
    app.add_route(READYZ, Readyz(health))


class Livez:
    """Whether the process runs."""

    async def on_get(self, req: Request, resp: Response) -> None:
        """200, always."""
        Params(req).done()
        resp.data = b'{"alive":true}'


class Readyz:
    """Whether the process can do its job."""

    def __init__(self, health: Callable[[], Health]) -> None:
        self._health = health

    async def on_get(self, req: Request, resp: Response) -> None:
        """200, or 503 with the same document; `?verbose` tells more."""
        params = Params(req)
        verbose = params.flag("verbose")
        params.done()
        health = self._health()
        more = health.more if verbose else {}
        resp.data = dumps({"ready": health.ready, **health.detail, **more})
        if not health.ready:
            resp.status = 503
            resp.set_headers(RETRY_AFTER)
