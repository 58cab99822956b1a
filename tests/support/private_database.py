"""A database server of a test's own, to count on or to treat badly."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.services.catalog import CATALOG
from tests.services.database import Database
from tests.services.errors import ServiceError


@contextmanager
def private_database(engine: str, folder: Path) -> Iterator[Database]:
    """A new "mariadb" or "mysql", running; skips where none can be had. Only CI installs what is missing."""
    server = CATALOG[engine](folder)
    assert isinstance(server, Database)
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
