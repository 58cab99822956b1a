"""`parley serve` with one more route, `/noop`, that does nothing: the baseline of the same process."""

import sys

from benchmarks import noop
from parley import embedded
from parley.serve import serve
from parley.settings import ApiSettings, api_settings
from web.guard import ASGIApp, Receive, Scope, Send, guard
from web.strict_json import BODY_LIMIT


def build(settings: ApiSettings, secret: bytes) -> ASGIApp:
    """The real app, and the route that does nothing behind the same guard."""
    real = embedded.build(settings, secret)
    guarded = guard(noop.noop_app(), BODY_LIMIT)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        side = guarded if scope["type"] == "http" and scope["path"] == noop.PATH else real
        await side(scope, receive, send)

    return app


if __name__ == "__main__":
    serve(api_settings(sys.argv[1], port=0), build)
