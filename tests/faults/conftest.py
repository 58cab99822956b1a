"""Database servers that a module of tests may treat as it likes."""

import os
import secrets
from collections.abc import Iterator

import pytest

from tests.services.catalog import CATALOG
from tests.services.database import Database
from tests.services.errors import ServiceError


@pytest.fixture(scope="module", params=["mariadb", pytest.param("mysql", marks=pytest.mark.long)])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A running server of the module's own; skips where none can be had."""
    server = CATALOG[request.param](tmp_path_factory.mktemp(request.param))
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


@pytest.fixture
def log_url(database: Database) -> str:
    """The URL of a new database for a log; the server runs and does as usual."""
    database.start()
    return database.create_database(f"parley_{secrets.token_hex(4)}")
