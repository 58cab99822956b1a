"""Which server a connection leads to."""

from engines.server import Server

VERSION = "SELECT VERSION()"


def described(version: str) -> Server:
    """By its own word: `10.11.19-MariaDB-deb12-log`, `9.7.4`."""
    return Server("MariaDB" if "mariadb" in version.lower() else "MySQL", version.partition("-")[0])
