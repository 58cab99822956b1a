"""`/metrics`: for Prometheus; what is measured is told by who builds the app."""

import asyncio
from collections.abc import Callable
from typing import Any

import falcon.asgi
from falcon.asgi import Request, Response

from web.params import Params
from web.paths import METRICS

TEXT = "text/plain; version=0.0.4; charset=utf-8"

Scrape = Callable[[], bytes]
"""Gives all values now, in Prometheus' text format; called on any thread, and may read files."""


def add_metrics(app: falcon.asgi.App[Any, Any], scrape: Scrape) -> None:
    """Add the route."""
    app.add_route(METRICS, Metrics(scrape))


class Metrics:
    """What this process, or all workers of it together, have measured."""

    def __init__(self, scrape: Scrape) -> None:
        self._scrape = scrape

    async def on_get(self, req: Request, resp: Response) -> None:
        """200, always."""
        Params(req).done()
        resp.data = await asyncio.get_running_loop().run_in_executor(None, self._scrape)
        resp.content_type = TEXT
