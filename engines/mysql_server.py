"""Which server a connection leads to, and which are of no use."""

from engines.server import Server

STATEMENT_BINLOG = (
    "binlog_format is STATEMENT, with which the server takes no writes at READ COMMITTED. Set"
    " `binlog_format = ROW` in the [mysqld] section of its configuration and restart it."
)
VERSION = "SELECT VERSION()"


def described(version: str) -> Server:
    """By its own word: `10.11.19-MariaDB-deb12-log`, `9.7.4`."""
    return Server("MariaDB" if "mariadb" in version.lower() else "MySQL", version.partition("-")[0])
