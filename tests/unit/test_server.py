"""Where a setting's URL leads, without what is secret in it; and which server answers there."""

import pytest

from engines.mysql_server import described
from engines.server import Server, address_of, kind_of


@pytest.mark.parametrize(
    ("url", "kind", "address"),
    [
        ("mysql://ann:s3cret@db/parley?ssl-ca=/s3cret", "MySQL or MariaDB", "db:3306/parley"),
        ("mysql://ann:s3cret@[::1]:33/parley", "MySQL or MariaDB", "[::1]:33/parley"),
        ("amqp://ann:s3cret@mq//", "RabbitMQ", "mq:5672//"),
        ("amqp://ann:s3cret@mq:1/%2f", "RabbitMQ", "mq:1//"),
        ("redis://:s3cret@cache:2/3", "Redis", "cache:2/3"),
        ("redis://cache", "Redis", "cache:6379"),
        ("https://ann:s3cret@search/chat?ca=s3cret", "OpenSearch or Elasticsearch", "search:9200/chat"),
        ("sqlite:////data/a@b?c#d", "SQLite", "/data/a@b?c#d"),
        ("sqlite:///data/log.db", "SQLite", "data/log.db"),
        ("memory://", "in-process", None),
    ],
)
def test_address(url: str, kind: str, address: str | None) -> None:
    assert (kind_of(url), address_of(url)) == (kind, address)


@pytest.mark.parametrize(
    ("version", "server"),
    [
        ("10.11.19-MariaDB-deb12-log", Server("MariaDB", "10.11.19")),
        ("11.4.2-mariadb", Server("MariaDB", "11.4.2")),
        ("9.7.4", Server("MySQL", "9.7.4")),
        ("8.4.0-commercial", Server("MySQL", "8.4.0")),
    ],
)
def test_a_mysql_server_by_its_own_word(version: str, server: Server) -> None:
    assert described(version) == server
