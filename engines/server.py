"""What is at the address that a URL names, for people who look after it; no driver is needed for that."""

from typing import NamedTuple
from urllib.parse import unquote, urlsplit

IN_PROCESS = "in-process"
_KINDS = {
    "sqlite": "SQLite",
    "mysql": "MySQL or MariaDB",
    "amqp": "RabbitMQ",
    "redis": "Redis",
    "http": "OpenSearch or Elasticsearch",
    "https": "OpenSearch or Elasticsearch",
    "memory": IN_PROCESS,
}
_PORTS = {"mysql": 3306, "amqp": 5672, "redis": 6379, "http": 9200, "https": 9200}


class Server(NamedTuple):
    """Who answers there, as its makers write it: `MariaDB` and `10.11.19`."""

    kind: str
    version: str | None


def kind_of(url: str) -> str:
    """What may be there, as long as nobody answers."""
    return _KINDS[urlsplit(url).scheme]


def address_of(url: str) -> str | None:
    """Where the URL of a setting leads, without secrets: `host:port/path`, a file or folder; None if nowhere."""
    scheme = url.partition(":")[0]
    if scheme == "memory":
        return None
    if scheme == "sqlite":
        # Taken as it is, since a folder's name may hold what means something in other URLs.
        return url.removeprefix("sqlite:///")
    parts = urlsplit(url)
    host = parts.hostname or ""
    return f"{f'[{host}]' if ':' in host else host}:{parts.port or _PORTS[scheme]}{unquote(parts.path)}"
