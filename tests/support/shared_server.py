"""Servers for the tests: those that `bin/services` runs, and those of a test's own."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from tests.services.catalog import CATALOG
from tests.services.errors import ServiceError
from tests.services.running import running, service
from tests.services.server import Server
from tests.services.up import up


def shared_server(name: str) -> Server:
    """The one that `bin/services up` starts, started if need be, where it stays; skips where none can be had."""
    server = running(name)
    if server is None:
        why = _attempt(name)
        if why:
            pytest.skip(f"{service(name).title} is not running: bin/services up {name} starts it; {why}")
        server = running(name)
    assert server is not None, f"{name} has ended; see {service(name).log}"
    return server


@cache
def _attempt(name: str) -> str:
    """Why it could not be started; tried once, not by each test. Only CI installs what is missing for that."""
    try:
        if os.environ.get("CI") != "true":
            service(name).find_version()
        up(name)
    except ServiceError as error:
        return str(error)
    return ""


@contextmanager
def private_server(name: str, folder: Path, options: Sequence[str] = ()) -> Iterator[Server]:
    """A new one that may be treated badly, running; skips where none can be had."""
    server = CATALOG[name](folder, options=options)
    try:
        if os.environ.get("CI") == "true":
            server.install()
        server.find_version()
    except ServiceError as error:
        pytest.skip(str(error))
    server.start()
    try:
        yield server
    finally:
        # Not stopped in its own way: that could wait for what a test has left open.
        server.kill()
        server.wipe()
