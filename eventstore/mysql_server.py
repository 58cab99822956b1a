"""Which server keeps the log."""

from contextlib import closing

from engines.mysql_server import VERSION, described
from engines.server import Server
from eventstore.mysql_connection import connected, rows

ANSWER_SECONDS = 5


def server(url: str) -> Server:
    """Raises LogUnavailable."""
    with closing(connected(url, read_seconds=ANSWER_SECONDS)) as connection:
        return described(rows(connection, VERSION)[0][0])
