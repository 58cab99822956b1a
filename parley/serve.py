"""`parley serve`: everything in one process on the embedded engine."""

import socket
from collections.abc import Callable
from functools import partial

import click

from parley.embedded import build, prepare
from parley.folder import FolderInUse, occupy
from parley.server import CantStart, GuardedServer, address, listen
from parley.settings import ApiSettings
from parley.waiting import Waiting
from web.guard import ASGIApp


def serve(settings: ApiSettings, build: Callable[[ApiSettings, bytes], ASGIApp] = build) -> None:
    """Run until SIGTERM or SIGINT. Raises CantStart before anything is served.

    `build` makes the ASGI app in the worker process, given the registry's secret; what it starts there begins with
    the app's lifespan.
    """
    try:
        occupy(settings.places.data)
        listener = listen(settings.host, settings.port)
        with Waiting(listener, partial(click.echo, err=True), settings.places) as waiting:
            secret = prepare(settings.places, waiting.say)
    except (FolderInUse, OSError) as error:
        raise CantStart(str(error)) from error
    GuardedServer(listener, partial(build, settings, secret), _greeting(settings, listener), workers=1).run()


def _greeting(settings: ApiSettings, listener: socket.socket) -> str:
    url = address(listener)
    admin = "" if settings.admin_key is None else " -H 'Authorization: Bearer <PARLEY_ADMIN_KEY>'"
    return (
        f"Parley serves {url}\n"
        f"Data in       {settings.places.data}\n"
        f"Try           curl -X POST {url}/applications{admin}"
        " -H 'Content-Type: application/json' -d '{\"name\": \"first\"}'\n"
        "Stop          Ctrl-C"
    )
