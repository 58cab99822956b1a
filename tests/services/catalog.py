"""The servers by name, in the order in which they are started."""

from tests.services.mariadb import MariaDB
from tests.services.mysql import MySQL
from tests.services.server import Server

CATALOG: dict[str, type[Server]] = {server.name: server for server in (MariaDB, MySQL)}
