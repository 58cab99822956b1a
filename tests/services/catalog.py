"""The servers by name, in the order in which they are started."""

from tests.services.chromium import Chromium
from tests.services.mariadb import MariaDB
from tests.services.mysql import MySQL
from tests.services.nginx import Nginx
from tests.services.opensearch import Elasticsearch, OpenSearch, OpenSearch3
from tests.services.program import Program
from tests.services.rabbitmq import RabbitMQ
from tests.services.redis import Redis
from tests.services.server import Server

# What `up` without names starts.
USUAL: dict[str, type[Server]] = {
    server.name: server for server in (MariaDB, MySQL, RabbitMQ, Redis, OpenSearch)
}
CATALOG: dict[str, type[Server]] = {
    **USUAL,
    **{server.name: server for server in (OpenSearch3, Elasticsearch)},
}
# What is begun by those who need it, with what it stands before or looks at.
PROGRAMS: dict[str, type[Program]] = {program.name: program for program in (Nginx, Chromium)}
