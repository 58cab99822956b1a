"""gunicorn with guarded workers: its socket, its signals, its greeting."""

import logging
import os
import runpy
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from parley.metrics import folder
from parley.settings import ApiSettings
from web.guard import ASGIApp
from web.worker import GuardedWorker

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


class JoinedLogger(Logger):  # type: ignore[misc]  # gunicorn is untyped
    """What it and uvicorn tell goes where all else goes, unless gunicorn's settings name a file."""

    def setup(self, cfg: Any) -> None:
        """Called by gunicorn, once more at each reload of its settings."""
        super().setup(cfg)
        if cfg.errorlog == "-":
            self.error_log.handlers = list(logging.getLogger().handlers)


class GuardedServer(BaseApplication):  # type: ignore[misc] # gunicorn has no types
    """gunicorn with guarded workers; each makes its app by `build()`. Greets when it is ready.

    `run` returns never: it exits with code 0 after SIGTERM or SIGINT, when the requests in hand are answered.
    """

    def __init__(
        self,
        listener: socket.socket,
        build: Callable[[], ASGIApp],
        greeting: str,
        *,
        workers: int | None = None,
        trusted_proxies: str = "",
        config: Path | None = None,
    ) -> None:
        """`workers` is their number, over what the file `config` says of gunicorn's settings; see `ApiSettings`."""
        self._greeting = greeting
        self._workers = workers
        self._trusted_proxies = trusted_proxies
        self._config = config
        # gunicorn takes the descriptor over, and closes the one that it was given.
        self._descriptor = listener.detach()
        self._build = build
        super().__init__()

    def load_config(self) -> None:
        usual = {
            "graceful_timeout": GRACE_SECONDS,
            "timeout": 60,
            "loglevel": "warning",
            "accesslog": None,
            "control_socket_disable": True,
        }
        told = {} if self._config is None else runpy.run_path(str(self._config))
        for name, value in {
            **usual,
            **{name: value for name, value in told.items() if name in self.cfg.settings},
            **({} if self._workers is None else {"workers": self._workers}),
            "bind": f"fd://{self._descriptor}",
            "logger_class": JoinedLogger,
            "worker_class": type("Worker", (GuardedWorker,), {"trusted_proxies": self._trusted_proxies}),
            "post_fork": _post_fork,
            "when_ready": self._when_ready,
            "child_exit": lambda _arbiter, worker: folder.forget(worker.pid),
            "on_exit": lambda _arbiter: folder.remove(),
        }.items():
            self.cfg.set(name, value)

    def load(self) -> ASGIApp:
        return self._build()

    def _when_ready(self, arbiter: Any) -> None:
        # Ctrl-C ends the server as gently as SIGTERM does.
        signal.signal(signal.SIGINT, lambda _signal, frame: arbiter.signal(signal.SIGTERM, frame))
        click.echo(self._greeting)


def serve_api(
    settings: ApiSettings, listener: socket.socket, build: Callable[[], ASGIApp], what: str
) -> None:
    """Serve one side on its own until SIGTERM or SIGINT, then exit; `what` it does is part of the greeting."""
    # Its workers answer for each other.
    folder.share()
    GuardedServer(
        listener,
        build,
        f"Parley {what} on {address(listener)}",
        workers=settings.workers,
        trusted_proxies=settings.trusted_proxies,
        config=settings.gunicorn,
    ).run()


def _post_fork(_arbiter: Any, _worker: Any) -> None:
    # A terminal sends Ctrl-C to the whole group; the worker is to hear of it from its arbiter only.
    os.setpgrp()
    sys.setswitchinterval(SWITCH_INTERVAL)
