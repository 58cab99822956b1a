"""Rows are read as the driver reads them, whatever is in them, and however they end."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pymysql
import pytest
from pymysql.constants import CLIENT

from engines.mysql_connection import connect
from engines.server_url import parse_mysql
from tests.support.databases import new_database
from tests.support.proxy import Direction, Proxy

SAME = [
    "SELECT 1, -2, 1.5, 2e300, NULL, 'é🍮', X'00FF', '', 18446744073709551615",
    *(f"SELECT CAST(REPEAT('a', {length}) AS BINARY)" for length in (0, 1, 250, 251, 65_535, 65_536)),
    "SELECT X'00' UNION ALL SELECT NULL UNION ALL SELECT '' UNION ALL SELECT REPEAT('b', 300)",
    "SELECT NULL UNION ALL SELECT 'x' UNION ALL SELECT NULL",
    "SELECT 1 WHERE 1 = 0",
    "SELECT NOW() - INTERVAL 1 DAY < NOW(), DATE '2026-01-02', TIMESTAMP '2026-01-02 03:04:05.678', TIME '01:02:03'",
    *(f"SELECT REPEAT('a', {length}), 7" for length in (249, 250, 251, 252, 65_535, 65_536)),
    "SELECT 1; SELECT 2, 3; DO 0; SELECT 'four'",
    # More packets than their sequence counts to.
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700) SELECT i, i * i FROM n",
]


@pytest.fixture(params=["mariadb", pytest.param("mysql", marks=pytest.mark.long)], scope="module")
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    with new_database(request.param) as url:
        yield url


def results(connection: Any, statement: str) -> list[tuple[int, Any]]:
    """Count and rows of each result."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found = [(cursor.rowcount, cursor.fetchall())]
        while cursor.nextset():
            found.append((cursor.rowcount, cursor.fetchall()))
        return found


@pytest.mark.parametrize("statement", SAME)
def test_what_the_driver_reads(url: str, statement: str) -> None:
    target = parse_mysql(url)
    driver = pymysql.connect(
        host=target.host,
        port=target.port,
        user=target.user,
        password=target.password,
        database=target.database,
        charset="utf8mb4",
        client_flag=CLIENT.MULTI_STATEMENTS,
    )
    with closing(driver), closing(connect(url)) as ours:
        for _ in range(2):
            assert results(ours, statement) == results(driver, statement)


def test_a_row_of_more_than_one_packet(url: str) -> None:
    with closing(connect(url, read_seconds=30)) as ours, ours.cursor() as cursor:
        cursor.execute("SELECT @@max_allowed_packet")
        [(packet,)] = cursor.fetchall()
        # Two columns that fill a packet each are a row of two packets, and what else there is.
        half = min(packet - 100, 9 * 1024 * 1024)
        cursor.execute(f"SELECT REPEAT('a', {half}), REPEAT('b', {half}), 3 UNION ALL SELECT 'c', 'd', 4")
        first, second = cursor.fetchall()
        assert first == ("a" * half, "b" * half, 3)
        assert second == ("c", "d", 4)


def test_an_error_after_some_rows_leaves_the_connection_good(url: str) -> None:
    # Rows are sent as they are found; what is asked of the last one has two answers.
    broken = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700)"
        " SELECT i, IF(i < 700, i, (SELECT m.i FROM n m WHERE m.i <= n.i)) FROM n"
    )
    with closing(connect(url)) as ours:
        with pytest.raises(pymysql.Error, match="more than 1 row"):
            results(ours, broken)
        assert results(ours, "SELECT 1") == [(1, ((1,),))]


@pytest.mark.parametrize("after", [100, 3_000, 100_000])
def test_a_connection_that_ends_between_rows_is_lost(url: str, after: int) -> None:
    target = parse_mysql(url)
    with (
        Proxy(target.host, target.port) as proxy,
        closing(connect(f"{proxy.through(url)}?ssl-mode=disabled")) as ours,
    ):
        proxy.cut_after(after, Direction.TO_CLIENT)
        with pytest.raises(pymysql.OperationalError, match="Lost connection"):
            results(ours, "SELECT REPEAT('a', 1000)" + " UNION ALL SELECT REPEAT('b', 1000)" * 200)
        assert not ours.open
