"""Serves `/livez`, `/readyz` and `/metrics` from a thread beside what the process does."""

import asyncio
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

import uvicorn
from falcon.asgi import Request, Response

from web.guard import ASGIApp, guard
from web.health import Health, add_health
from web.metrics import Scrape, add_metrics
from web.paths import LIVEZ, METRICS, READYZ
from web.problem import RETRY_AFTER, Problem
from web.protocol import GuardedProtocol
from web.routing import new_app
from web.strict_json import BODY_LIMIT
from web.sweeper import sweep_all

GOOD_BYE_SECONDS = 1
_METHODS = ("GET", "HEAD")
_ROUTES = dict.fromkeys((LIVEZ, READYZ), _METHODS)


class HealthServer:
    """A context manager; the socket is closed with it."""

    def __init__(
        self, listener: socket.socket, health: Callable[[], Health], scrape: Scrape | None = None
    ) -> None:
        """`health` is called on the thread, and must not block. `scrape` None: this stands in for an API, and all
        else is 503, not 404.
        """
        self._listener = listener
        self._server = uvicorn.Server(
            uvicorn.Config(
                _app(health, scrape),
                http=GuardedProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=GOOD_BYE_SECONDS,
            )
        )
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="health", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()

    async def _serve(self) -> None:
        serving = asyncio.create_task(self._server.serve(sockets=[self._listener]))
        while not serving.done():
            await asyncio.wait({serving}, timeout=GuardedProtocol.limits.sweep_seconds)
            sweep_all(self._server.server_state.connections, asyncio.get_running_loop().time())
        serving.result()


def _app(health: Callable[[], Health], scrape: Scrape | None) -> ASGIApp:
    if scrape is None:
        app = new_app(_ROUTES)
        add_health(app, health)
        app.add_sink(_unavailable)
        return guard(app, BODY_LIMIT)
    app = new_app({**_ROUTES, METRICS: _METHODS})
    add_health(app, health)
    add_metrics(app, scrape)
    return guard(app, 0)


async def _unavailable(req: Request, resp: Response | None, **kwargs: object) -> None:  # noqa: ARG001
    raise Problem(503, headers=RETRY_AFTER)
