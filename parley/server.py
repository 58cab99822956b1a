"""gunicorn with guarded workers: its socket, its signals, its greeting."""

import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

import click
from gunicorn.app.base import BaseApplication

from web.guard import ASGIApp

GRACE_SECONDS = 10
# A thread that computes (a projector) hands the interpreter over after this long: at the default of 5 ms each
# hop of a request between threads took 10 ms beside one [measured].
SWITCH_INTERVAL = 0.0005


class CantStart(Exception):
    """Why a server did not start, and what to do."""


def listen(host: str, port: int, setting: str = "--port") -> socket.socket:
    """A listening socket of our own: gunicorn would try a port in use for five seconds, then show a traceback.

    Raises CantStart, which names the setting that the port came from.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise CantStart(
            f"can't listen on {host} port {port}: {error.strerror}. Stop what uses it, or choose another {setting}."
        ) from error
    listener.listen(2048)
    return listener


def address(listener: socket.socket) -> str:
    """The URL at which it listens."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


class GuardedServer(BaseApplication):  # type: ignore[misc] # gunicorn has no types
    """gunicorn with guarded workers; each makes its app by `build()`. Greets when it is ready.

    `run` returns never: it exits with code 0 after SIGTERM or SIGINT, when the requests in hand are answered.
    """

    def __init__(
        self, listener: socket.socket, build: Callable[[], ASGIApp], greeting: str, workers: int = 1
    ) -> None:
        self._greeting = greeting
        self._workers = workers
        # gunicorn takes the descriptor over, and closes the one that it was given.
        self._descriptor = listener.detach()
        self._build = build
        super().__init__()

    def load_config(self) -> None:
        for name, value in {
            "bind": f"fd://{self._descriptor}",
            "workers": self._workers,
            "worker_class": "web.worker.GuardedWorker",
            "graceful_timeout": GRACE_SECONDS,
            "timeout": 60,
            "loglevel": "warning",
            "accesslog": None,
            "control_socket_disable": True,
            "post_fork": _post_fork,
            "when_ready": self._when_ready,
        }.items():
            self.cfg.set(name, value)

    def load(self) -> ASGIApp:
        return self._build()

    def _when_ready(self, arbiter: Any) -> None:
        # Ctrl-C ends the server as gently as SIGTERM does.
        signal.signal(signal.SIGINT, lambda _signal, frame: arbiter.signal(signal.SIGTERM, frame))
        click.echo(self._greeting)


def _post_fork(_arbiter: Any, _worker: Any) -> None:
    # A terminal sends Ctrl-C to the whole group; the worker is to hear of it from its arbiter only.
    os.setpgrp()
    sys.setswitchinterval(SWITCH_INTERVAL)
