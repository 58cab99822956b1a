"""The servers that a run needs, and places on them that are gone after it."""

import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from benchmarks.log import OPTIONS
from tests.services.mariadb import MariaDB
from tests.services.rabbitmq import RabbitMQ
from tests.services.up import up
from tests.support.search_engines import remove_indices

if TYPE_CHECKING:
    from pymysql.connections import Connection


class Servers:
    """A database server of the run's own, and the search engine, broker and Redis of `bin/services`."""

    def __init__(self, folder: Path, database: MariaDB, bus_url: str) -> None:
        self.folder = folder
        self._database = database
        engine = up("opensearch")[0]
        self.search_url, self.engine_pid = engine.url(), engine.pid
        self._bus_url = bus_url
        self._redis_url = up("redis")[0].url()

    @property
    def database_pid(self) -> int:
        """For what it uses of the processors."""
        return self._database.pid

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a new database, dropped at the end."""
        name = f"parley_bench_{secrets.token_hex(4)}"
        try:
            yield self._database.create_database(name)
        finally:
            self._database.drop_database(name)

    @contextmanager
    def prefix(self) -> Iterator[str]:
        """A PARLEY_SEARCH_URL under which there is nothing, cleared at the end."""
        name = f"bench_{secrets.token_hex(4)}"
        try:
            yield f"{self.search_url}/{name}"
        finally:
            remove_indices(self.search_url, name)

    def settings(self, log_url: str, read_url: str, search_url: str) -> Mapping[str, str]:
        """What the processes are told."""
        return {
            "PARLEY_LOG_URL": log_url,
            "PARLEY_READ_URL": read_url,
            "PARLEY_SEARCH_URL": search_url,
            "PARLEY_BUS_URL": self._bus_url,
            "PARLEY_REDIS_URL": self._redis_url,
            "PARLEY_DATA": str(self.folder / "data"),
        }

    def admin(self) -> "Connection":
        """A connection to the database server with all rights."""
        return self._database.admin()


@contextmanager
def servers() -> Iterator[Servers]:
    """All running; the database server ends with this."""
    with (
        tempfile.TemporaryDirectory() as folder,
        MariaDB(Path(folder, "mariadb"), options=OPTIONS) as database,
        _bus() as bus_url,
    ):
        yield Servers(Path(folder), database, bus_url)


@contextmanager
def _bus() -> Iterator[str]:
    """A virtual host of its own: each queue that others have left behind would be given every event, too."""
    broker = up("rabbitmq")[0]
    assert isinstance(broker, RabbitMQ)
    name = f"bench-{secrets.token_hex(4)}"
    broker.control("add_vhost", name)
    try:
        user = urlsplit(broker.url()).username
        broker.control("set_permissions", "--vhost", name, str(user), ".*", ".*", ".*")
        yield f"{broker.url().rpartition('/')[0]}/{name}"
    finally:
        broker.control("delete_vhost", name)
