"""A process that serves no API: runs until it is told to stop, and tells its health meanwhile."""

import signal
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import FrameType

import click

from parley.health_server import HealthServer
from parley.server import address, listen
from parley.settings import BackgroundSettings
from web.health import Health


def leave_when_told() -> None:
    """Exit with code 0 at SIGTERM or SIGINT, wherever the program is; for the time before there is work to end.

    The first process of a container has no handlers but its own: without one it could not be stopped.
    """
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: sys.exit(0))


def run_until_told(
    settings: BackgroundSettings, greeting: str, working: AbstractContextManager[Callable[[], Health]]
) -> None:
    """Enter `working`, which gives its health, and leave it at SIGTERM or SIGINT. Raises CantStart."""
    told = threading.Event()

    def tell(_signal: int, _frame: FrameType | None) -> None:
        told.set()

    listener = (
        None
        if settings.health_port is None
        else listen(settings.host, settings.health_port, "PARLEY_HEALTH_PORT")
    )
    with working as health:
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, tell)
        if listener is None:
            click.echo(greeting)
            told.wait()
            return
        greeting += f", health on {address(listener)}"
        with HealthServer(listener, health):
            click.echo(greeting)
            told.wait()
