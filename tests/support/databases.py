"""Fresh databases on the real servers that `bin/services` runs."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pymysql
import pytest

from tests.services.database import Database
from tests.services.errors import ServiceError
from tests.services.running import running, service
from tests.services.up import up

if TYPE_CHECKING:
    from pymysql.connections import Connection


@contextmanager
def new_database(engine: str) -> Iterator[str]:
    """The URL of an empty database on "mariadb" or "mysql", dropped at the end; skips where no server can be had."""
    server = _server(engine)
    name = f"parley_test_{secrets.token_hex(8)}"
    try:
        yield server.create_database(name)
    finally:
        server.drop_database(name)


def _server(engine: str) -> Database:
    server = running(engine) or _begin(engine)
    assert isinstance(server, Database)
    return server


def _begin(engine: str) -> Database:
    """Start it as `bin/services up` does, where it stays; only CI installs what is missing for that."""
    why = _attempt(engine)
    if why:
        pytest.skip(f"{service(engine).title} is not running: bin/services up {engine} starts it; {why}")
    server = running(engine)
    assert isinstance(server, Database), f"{engine} has ended; see {service(engine).log}"
    return server


@cache
def _attempt(engine: str) -> str:
    """Why it could not be started; tried once, not by each test."""
    try:
        if os.environ.get("CI") != "true":
            service(engine).find_version()
        up(engine)
    except ServiceError as error:
        return str(error)
    return ""


def connect(url: str, *, read_timeout: float = 60) -> "Connection":
    """A plain connection in autocommit; the caller closes it."""
    parts = urlsplit(url)
    return pymysql.connect(
        host=parts.hostname,
        port=parts.port or 3306,
        user=parts.username,
        password=parts.password or "",
        database=parts.path[1:],
        connect_timeout=5,
        read_timeout=read_timeout,
        autocommit=True,
    )
