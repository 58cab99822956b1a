"""What a MySQL or MariaDB server says of itself that makes it a bad place for anything of Parley's."""

import re
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

from engines.finding import Finding, clock_finding, version_finding
from engines.mysql_connection import connect
from engines.mysql_server import STATEMENT_BINLOG, VERSION, described

if TYPE_CHECKING:
    from collections.abc import Mapping

LEAST_PACKET = 16 << 20
"""Four times the 4 MiB that a statement of a batch may have: with its escapes it must still fit."""
_LEAST = {"MariaDB": (10, 11), "MySQL": (8, 4)}
_ASKED = (
    "max_allowed_packet",
    "binlog_format",
    "log_bin",
    "sync_binlog",
    "innodb_flush_log_at_trx_commit",
    "read_only",
)


def mysql_findings(place: str, url: str, seconds: float, *, durable: bool) -> list[Finding]:
    """`durable`: the log is there, of which nothing may be lost. Raises pymysql.Error, ValueError."""
    with closing(connect(url, read_seconds=seconds)) as connection, connection.cursor() as cursor:
        cursor.execute(VERSION)
        version = str((cursor.fetchone() or ("",))[0])
        names = ", ".join(f"'{name}'" for name in _ASKED)
        cursor.execute(f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({names})")
        variables = {str(name): str(value) for name, value in cursor.fetchall()}
        before = time.time()
        cursor.execute("SELECT UNIX_TIMESTAMP(SYSDATE(6))")
        theirs: Any = (cursor.fetchone() or (before,))[0]
        after = time.time()
    return [
        *_version(place, version),
        *_sizes(place, variables),
        *(_durability(place, variables) if durable else []),
        *clock_finding(place, float(theirs), before, after),
    ]


def _version(place: str, said: str) -> list[Finding]:
    server = described(said)
    numbers = tuple(int(part) for part in re.findall(r"\d+", server.version or "")[:2])
    return version_finding(place, f"{server.kind} {server.version}", numbers, _LEAST[server.kind])


def _sizes(place: str, variables: "Mapping[str, str]") -> list[Finding]:
    found = []
    packet = int(variables["max_allowed_packet"])
    if packet < LEAST_PACKET:
        found.append(
            Finding(
                "error",
                place,
                f"max_allowed_packet is {packet}: a large batch does not fit",
                f"SET GLOBAL max_allowed_packet = {LEAST_PACKET}; and the same in the server's configuration.",
            )
        )
    if variables.get("read_only", "OFF") not in ("OFF", "0"):
        found.append(
            Finding(
                "error", place, "the server is read_only", "Name the primary, or SET GLOBAL read_only = OFF."
            )
        )
    # Without a binary log its format means nothing.
    if variables["log_bin"] == "ON" and variables["binlog_format"] == "STATEMENT":
        found.append(Finding("error", place, "binlog_format is STATEMENT", STATEMENT_BINLOG))
    return found


def _durability(place: str, variables: "Mapping[str, str]") -> list[Finding]:
    found = [
        Finding(
            "error",
            place,
            f"{name} is {variables[name]}: a power cut loses what was acknowledged",
            f"SET GLOBAL {name} = 1; and the same in the server's configuration.",
        )
        for name in ("innodb_flush_log_at_trx_commit", "sync_binlog")
        if variables[name] != "1"
    ]
    if variables["log_bin"] != "ON":
        # Without a binary log InnoDB shows a transaction to others before it is durable [measured on MariaDB].
        found.append(
            Finding(
                "error",
                place,
                "log_bin is OFF: readers may see what a power cut then takes back",
                "Set log_bin in the [mysqld] section of the server's configuration and restart it.",
            )
        )
    return found
