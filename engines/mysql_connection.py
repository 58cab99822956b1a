"""Connections to MySQL and MariaDB that mean the same on every server, however it is configured."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pymysql.connections import Connection
from pymysql.constants import CLIENT, CR
from pymysql.err import OperationalError

from engines.mysql_rows import Result
from engines.server_url import parse_mysql
from engines.timed_socket import TimedSocket
from engines.tls import tls_context

if TYPE_CHECKING:
    from socket import socket
    from ssl import SSLContext

    from pymysql.cursors import Cursor

    MySQL = Connection[Cursor]

CONNECT_SECONDS = 3
"""For the connection, and for each answer until it is one."""
READ_SECONDS = 5
LOCK_WAIT_SECONDS = 3
_READ_BYTES = 64 << 10
"""Asked of the kernel at a time, eight times the driver's: each time another thread may take the interpreter."""
IDLE_SECONDS = 5
"""After how long the server gives up a silent client: that is how long a frozen one holds its locks."""

_SESSION: Mapping[str, str | int] = {
    # What a server's own settings could change in the meaning of a statement or a value.
    "sql_mode": "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION",
    "time_zone": "+00:00",
    "group_concat_max_len": 1 << 24,
    # With it MySQL may lock rows in another order than the index's.
    "optimizer_switch": "mrr=off",
    "innodb_lock_wait_timeout": LOCK_WAIT_SECONDS,
    "lock_wait_timeout": 10,
    "net_read_timeout": IDLE_SECONDS,
    "net_write_timeout": IDLE_SECONDS,
}


def connect(url: str, *, read_seconds: float = READ_SECONDS, idle_seconds: int | None = None) -> "MySQL":
    """A connection in autocommit mode at READ COMMITTED; several statements may go in one packet.

    An answer that takes longer than `read_seconds` counts as a lost connection; the server ends it after
    `idle_seconds` of silence (None: its own setting). Raises ValueError, pymysql.Error.
    """
    target = parse_mysql(url)
    patience = min(CONNECT_SECONDS, read_seconds)
    connection = _Connection(
        host=target.host,
        port=target.port,
        user=target.user,
        password=target.password,
        database=target.database,
        charset="utf8mb4",
        autocommit=True,
        read_timeout=patience,
        write_timeout=patience,
        client_flag=CLIENT.MULTI_STATEMENTS,
        # pymysql tries TLS by itself where the server has it, unless it is told not to.
        ssl_disabled=target.options.get("ssl-mode") == "disabled",
        ssl=tls_context(target.options),
        defer_connect=True,
    )
    try:
        sock = TimedSocket.connect_to(target.host, target.port, CONNECT_SECONDS)
    except OSError as error:
        raise OperationalError(CR.CR_CONN_HOST_ERROR, str(error)) from error
    connection.connect(sock)
    try:
        # MariaDB 10 and MySQL 8 call the variable by different names; this statement they share.
        connection.query("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        settings = dict(_SESSION) | ({} if idle_seconds is None else {"wait_timeout": idle_seconds})
        connection.query(
            "SET SESSION "
            + ", ".join(f"{name} = {connection.escape(value)}" for name, value in settings.items())
        )
        connection.wait_for(read_seconds)
        connection.read_in_large_pieces()
    except BaseException:
        connection.close()
        raise
    return connection


class _Connection(Connection):
    """The driver's, with one context for all that take TLS if the server has it, and check nothing: to make one takes
    the processor 30 ms, a hundred times as long as all else.
    """

    _preferring: ClassVar["SSLContext | None"] = None
    _sock: "socket"

    def _read_query_result(self, unbuffered: bool = False) -> int | None:
        # As the driver's, with a result of our own.
        self._result = None
        result = Result(self)
        if unbuffered:
            result.init_unbuffered_query()
        else:
            result.read()
        self._result = result
        if result.server_status is not None:
            self.server_status = result.server_status
        return result.affected_rows

    def wait_for(self, seconds: float) -> None:
        """How long an answer may take from now on."""
        # All three, or the driver sets a time-out of its own at the next call.
        self._read_timeout = self._write_timeout = self._current_timeout = seconds
        if isinstance(self._sock, TimedSocket):
            self._sock.set_limit(seconds)
        else:
            # TLS has taken the descriptor over, and needs Python's time-outs.
            self._sock.settimeout(seconds)

    def read_in_large_pieces(self) -> None:
        """To be called while no answer is on its way."""
        self._rfile = self._sock.makefile("rb", _READ_BYTES)

    def _create_ssl_ctx(self, sslp: Any) -> "SSLContext":
        if sslp:
            return self._made(sslp)
        if _Connection._preferring is None:
            _Connection._preferring = self._made(sslp)
        return _Connection._preferring

    def _made(self, sslp: Any) -> "SSLContext":
        context: SSLContext = super()._create_ssl_ctx(sslp)  # type: ignore[misc] # not in the driver's stubs
        return context
