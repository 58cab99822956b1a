"""Database servers that a module of tests may treat as it likes."""

import secrets
from collections.abc import Iterator

import pytest

from tests.services.database import Database
from tests.support.private_database import private_database


@pytest.fixture(scope="module", params=["mariadb", pytest.param("mysql", marks=pytest.mark.long)])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A running server of the module's own; skips where none can be had."""
    with private_database(request.param, tmp_path_factory.mktemp(request.param)) as server:
        yield server


@pytest.fixture
def log_url(database: Database) -> str:
    """The URL of a new database for a log; the server runs and does as usual."""
    database.start()
    return database.create_database(f"parley_{secrets.token_hex(4)}")
