"""Answers on an API's port while the process waits for a server: that it lives, and can't do its job yet."""

import socket
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from parley.health_server import HealthServer
from parley.outside import Outside
from parley.settings import Places
from web.health import Health


class Waiting:
    """A context manager; when it is left, the next to accept on the listener is gunicorn.

    A process that does not have to wait pays nothing for it: it answers from the first `say` on.
    """

    def __init__(self, listener: socket.socket, say: Callable[[str], None], places: Places) -> None:
        self._listener = listener
        self._outside = Outside(places)
        self._say = say
        self._said = ""
        self._stack = ExitStack()

    def say(self, why: str) -> None:
        """Why it waits; passed on, and part of what `/readyz` tells."""
        self._say(why)
        first, self._said = not self._said, why
        if first:
            # What comes while it ends waits in the queue that both descriptors share.
            server = HealthServer(self._listener.dup(), self._health)
            self._stack.enter_context(server)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _health(self) -> Health:
        return self._outside(Health(False, {"waiting": self._said}))
