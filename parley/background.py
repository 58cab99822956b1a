"""A process that serves no API: runs until it is told to stop, and tells its health from the start on."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from types import FrameType, TracebackType
from typing import Self

import click

from parley.arrival import Say
from parley.health_server import HealthServer
from parley.metrics.lines import measure_lines
from parley.metrics.registry import Metrics
from parley.outside import Outside
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


class Background:
    """A context manager: while it is entered the process tells its health, from the start on, if it is to.

    Entering raises CantStart.
    """

    def __init__(self, settings: BackgroundSettings, say: Say) -> None:
        self._settings = settings
        self._outside = Outside(settings.places)
        self._say = say
        self._said = "waiting"
        self._health: Callable[[], Health] | None = None
        self._stack = ExitStack()
        self._at = ""
        self.metrics = Metrics()
        measure_lines(self.metrics)

    def say(self, why: str) -> None:
        """Why it does not work yet; part of its health, too."""
        self._said = why
        self._say(why)

    def run_until_told(self, greeting: str, working: AbstractContextManager[Callable[[], Health]]) -> None:
        """Enter `working`, which gives its health, and leave it at SIGTERM or SIGINT.

        What hangs then is left to the end of the process, as by a crash: whatever it was about is done again.
        """
        told = threading.Event()

        def tell(_signal: int, _frame: FrameType | None) -> None:
            told.set()

        with working as self._health:
            for each in (signal.SIGTERM, signal.SIGINT):
                signal.signal(each, tell)
            click.echo(greeting + self._at)
            told.wait()
            _leave_in_the_end()

    def __enter__(self) -> Self:
        port = self._settings.health_port
        if port is not None:
            listener = listen(self._settings.host, port, "PARLEY_HEALTH_PORT")
            self._at = f", health on {address(listener)}"
            self._stack.enter_context(HealthServer(listener, self._told_health, self.metrics.scrape))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _told_health(self) -> Health:
        health = Health(False, {"waiting": self._said}) if self._health is None else self._health()
        return self._outside(health)


def _leave_in_the_end() -> None:
    timer = threading.Timer(LEAVE_SECONDS, _leave)
    timer.daemon = True
    timer.start()


def _leave() -> None:
    logger.warning("left what did not end within %g s", LEAVE_SECONDS)
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)
