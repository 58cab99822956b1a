"""What MariaDB and MySQL share: accounts, connections, databases."""

import re
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, ClassVar

import pymysql

from tests.services.files import write_secret
from tests.services.server import Server

if TYPE_CHECKING:
    from pymysql.connections import Connection

USER = "parley"
HOST = "127.0.0.1"
CONNECT_LIMIT = 5.0
READ_LIMIT = 60.0

# Run at every start, before anybody can connect; one statement a line, as the servers want it.
ACCOUNTS = """\
SET SESSION sql_log_bin = 0;
ALTER USER root@localhost IDENTIFIED BY '{admin}';
CREATE USER IF NOT EXISTS root@'{host}';
ALTER USER root@'{host}' IDENTIFIED BY '{admin}';
GRANT ALL PRIVILEGES ON *.* TO root@'{host}' WITH GRANT OPTION;
CREATE USER IF NOT EXISTS {user}@'{host}';
ALTER USER {user}@'{host}' IDENTIFIED BY '{password}';
GRANT ALL PRIVILEGES ON `parley%`.* TO {user}@'{host}';
"""


class Database(Server):
    """The application's user has all rights on databases whose names begin with `parley`, and no others."""

    passwords: ClassVar[Sequence[str]] = ("password", "admin")

    def arguments(self) -> list[str]:
        """Prepares the folder; gives the options that both understand, the caller's last, so that those win."""
        (self.folder / "tmp").mkdir(exist_ok=True)
        # A killed one leaves these; MySQL won't start while the pid in them is anybody's.
        for left in ("socket", "socket.lock", "pid"):
            (self.data / left).unlink(missing_ok=True)
        return [
            f"--datadir={self.data}",
            f"--tmpdir={self.folder / 'tmp'}",
            # Relative to the data folder: a socket's whole path may have only 107 bytes.
            "--socket=socket",
            "--pid-file=pid",
            f"--port={self.port}",
            f"--bind-address={HOST}",
            "--skip-name-resolve",
            "--server-id=1",
            "--log-bin=binlog",
            "--sync-binlog=1",
            "--innodb-flush-log-at-trx-commit=1",
            "--innodb-buffer-pool-size=128M",
            f"--init-file={self._accounts()}",
            *self.options,
        ]

    def _accounts(self) -> str:
        path = self.folder / "accounts.sql"
        write_secret(path, ACCOUNTS.format(user=USER, host=HOST, **self.state.secrets))
        return str(path)

    def answers(self) -> bool:
        try:
            with closing(self._connect(USER, "password", CONNECT_LIMIT)) as connection:
                connection.ping(reconnect=False)
        except pymysql.MySQLError:
            return False
        return True

    def prepare(self) -> None:
        self.create_database("parley")

    def url(self, database: str = "parley") -> str:
        """For the application's user; the database is to begin with `parley`."""
        state = self.state
        return f"mysql://{USER}:{state.secrets['password']}@{HOST}:{self.port}/{database}"

    def admin(self) -> "Connection":
        """A connection with all rights, in autocommit; the caller closes it."""
        return self._connect("root", "admin")

    def create_database(self, name: str) -> str:
        """Make it with the server's defaults, unless it is there; gives its URL."""
        assert re.fullmatch("parley[a-z0-9_]*", name), f"{name!r} does not begin with parley"
        with closing(self.admin()) as connection, connection.cursor() as cursor:
            cursor.execute("SHOW DATABASES LIKE %s", (name.replace("_", r"\_"),))
            if not cursor.fetchone():
                cursor.execute(f"CREATE DATABASE `{name}`")
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop it, after ending the connections that still use it: an open transaction would make this wait."""
        with closing(self.admin()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT id FROM information_schema.processlist WHERE db = %s", (name,))
            for (thread,) in cursor.fetchall():
                try:
                    cursor.execute(f"KILL {int(thread)}")
                except pymysql.MySQLError as error:
                    if error.args[0] != pymysql.constants.ER.NO_SUCH_THREAD:
                        raise
            cursor.execute(f"DROP DATABASE IF EXISTS `{name}`")

    def _connect(self, user: str, password: str, limit: float = READ_LIMIT) -> "Connection":
        state = self.state
        return pymysql.connect(
            host=HOST,
            port=state.ports["port"],
            user=user,
            password=state.secrets[password],
            connect_timeout=CONNECT_LIMIT,
            read_timeout=limit,
            write_timeout=limit,
            autocommit=True,
        )
