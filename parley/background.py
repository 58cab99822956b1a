"""A process that serves no API: runs until it is told to stop, and tells its health meanwhile."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import FrameType

import click

from parley.health_server import HealthServer
from parley.server import address, listen
from parley.settings import BackgroundSettings
from web.health import Health

LEAVE_SECONDS = 8.0
"""After how long what can't be ended is left: a thread that waits for a server that hangs may be there for a minute.
A container's grace is 10 s, unless it is told otherwise."""

logger = logging.getLogger(__name__)


def leave_when_told() -> None:
    """Exit with code 0 at SIGTERM or SIGINT, wherever the program is; for the time before there is work to end.

    The first process of a container has no handlers but its own: without one it could not be stopped.
    """

    def leave(_signal: int, _frame: FrameType | None) -> None:
        _leave_in_the_end()
        sys.exit(0)

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, leave)


def run_until_told(
    settings: BackgroundSettings, greeting: str, working: AbstractContextManager[Callable[[], Health]]
) -> None:
    """Enter `working`, which gives its health, and leave it at SIGTERM or SIGINT. Raises CantStart.

    What hangs then is left to the end of the process, as by a crash: whatever it was about is done again.
    """
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
        if listener is not None:
            greeting += f", health on {address(listener)}"
        with nullcontext() if listener is None else HealthServer(listener, health):
            click.echo(greeting)
            told.wait()
            _leave_in_the_end()


def _leave_in_the_end() -> None:
    timer = threading.Timer(LEAVE_SECONDS, _leave)
    timer.daemon = True
    timer.start()


def _leave() -> None:
    logger.warning("left what did not end within %g s", LEAVE_SECONDS)
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)
