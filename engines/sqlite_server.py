"""The library that works on the files."""

import sqlite3

from engines.server import Server


def server() -> Server:
    """The one that this process has."""
    return Server("SQLite", sqlite3.sqlite_version)
