"""Which server keeps the read tables."""

from contextlib import closing

from engines.mysql_server import VERSION, described
from engines.server import Server
from projections.readmodel.mysql_session import MySQLSession


def server(url: str) -> Server:
    """Raises ReadModelUnavailable."""
    with closing(MySQLSession(url)) as session:
        return described(session.rows(VERSION)[0][0])
