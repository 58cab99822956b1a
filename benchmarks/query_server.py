"""`parley query-api` with one more route, `/noop`, that does nothing: the baseline of the same process."""

from functools import partial

import click

from benchmarks import noop
from parley.arrival import await_read_models
from parley.front import front
from parley.lifespan import lifespan
from parley.metrics.registry import Metrics
from parley.query_api import QuerySide
from parley.server import listen, serve_api
from parley.settings import ApiSettings, api_settings
from web.guard import ASGIApp, Receive, Scope, Send
from web.strict_json import BODY_LIMIT


def build(settings: ApiSettings, secret: bytes) -> ASGIApp:
    """The real app, and the route that does nothing, behind the same layers: each page passes them, too."""
    metrics = Metrics()

    async def start() -> QuerySide:
        return QuerySide(settings, secret, metrics)

    real, nothing = lifespan(start), noop.noop_app()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        side = nothing if scope["type"] == "http" and scope["path"] == noop.PATH else real
        await side(scope, receive, send)

    return front(app, BODY_LIMIT, settings, metrics)


def main() -> None:
    """Serve as the environment says, until SIGTERM."""
    settings = api_settings()
    secret = await_read_models(settings.places, click.echo)
    listener = listen(settings.host, settings.port)
    serve_api(settings, listener, partial(build, settings, secret), "answers queries")


if __name__ == "__main__":
    main()
