"""Opens the database that a URL names; drivers are imported only when they are needed."""

from pathlib import Path

from engines.server_url import parse_mysql
from eventstore.library.database import Database


def open_database(url: str) -> Database:
    """Of `sqlite:////absolute/path` or `mysql://user:password@host:port/database`; connects at the first use.

    Raises ValueError, which names no password.
    """
    if url.startswith("mysql://"):
        from eventstore.library.mysql_session import MySQLSession

        parse_mysql(url)
        return Database(MySQLSession.opener(url), MySQLSession.types)
    if url.startswith("sqlite:///") and url != "sqlite:///":
        from eventstore.library.sqlite_session import SQLiteSession

        return Database(
            SQLiteSession.opener(Path(url.removeprefix("sqlite:///"))), SQLiteSession.types, one_writer=True
        )
    raise ValueError("it must be sqlite:////absolute/path or mysql://user:password@host:port/database")
