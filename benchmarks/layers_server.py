"""The command side with one stack of layers for each set of them, chosen by the first part of the path."""

import sys
from collections.abc import Mapping
from contextlib import redirect_stderr
from dataclasses import replace
from pathlib import Path

from limits import parse_many

from commands.http.app import body_limit
from eventstore.open import migrate_log
from parley import logs
from parley.command_api import CommandSide
from parley.front import LAYERS, front
from parley.lifespan import lifespan
from parley.metrics.registry import Metrics
from parley.server import GuardedServer, listen
from parley.settings import ApiSettings, api_settings
from web.guard import ASGIApp, Receive, Scope, Send
from web.limiter import Quotas

ALL = "all"
NONE = "none"
WITHOUT = {f"without-{place}": name for place, name in enumerate(LAYERS)}
# Counted, and never reached.
_QUOTAS = Quotas(*[parse_many("100000000/second")] * 3)


def build(settings: ApiSettings) -> ASGIApp:
    """What the worker serves: one command side behind all the stacks."""

    async def start() -> CommandSide:
        return CommandSide(settings, Metrics())

    real = lifespan(start)
    left_out = {ALL: (), NONE: LAYERS, **{prefix: (name,) for prefix, name in WITHOUT.items()}}
    settings = replace(settings, quotas=_QUOTAS)
    return by_prefix(
        real,
        {prefix: front(real, body_limit, settings, Metrics(), names) for prefix, names in left_out.items()},
    )


def by_prefix(real: ASGIApp, stacks: Mapping[str, ASGIApp]) -> ASGIApp:
    """One app of all; each sees the path without its prefix."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await real(scope, receive, send)
            return
        _, prefix, rest = scope["path"].split("/", 2)
        path = f"/{rest}"
        inner = {**scope, "path": path, "raw_path": path.encode()}
        await stacks[prefix](inner, receive, send)

    return app


def main(folder: str) -> None:
    """Serve on a free port until SIGTERM; the first line says where. The lines of the log go nowhere."""
    settings = api_settings(folder, port=0)
    Path(folder).mkdir(exist_ok=True)
    migrate_log(settings.places.log_url)
    with Path("/dev/null").open("w", encoding="utf-8") as nowhere:
        with redirect_stderr(nowhere):
            logs.configure(logs.JSON)
        listener = listen("127.0.0.1", 0)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        GuardedServer(listener, lambda: build(settings), url, workers=1).run()


if __name__ == "__main__":
    main(sys.argv[1])
