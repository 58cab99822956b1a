"""F08, F09: another transaction is in the way."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from eventstore import streams
from eventstore.log import Log
from eventstore.open import open_log
from tests.services.database import Database
from tests.support.client import Client
from tests.support.cluster import agree, cluster, new_chats
from tests.support.load import Load
from tests.support.server import Server

if TYPE_CHECKING:
    from pymysql.connections import Connection


@pytest.fixture
def server(tmp_path: Path, log_url: str) -> Iterator[Server]:
    with cluster(tmp_path, log_url, 1) as [server]:
        yield server


@pytest.fixture
def other(database: Database, log_url: str) -> Iterator["Connection[Any]"]:
    """A connection to the log's database, with a transaction open."""
    with closing(database.admin()) as connection:
        connection.select_db(log_url.rpartition("/")[2])
        connection.query("SET SESSION innodb_lock_wait_timeout = 30")
        connection.begin()
        yield connection


def token_and_number(chat: str) -> tuple[str, int]:
    _, _, token, _, number = chat.split("/")
    return token, int(number)


def lock(connection: "Connection[Any]", stream: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT version FROM streams WHERE name = %s FOR UPDATE", (stream,))


def said(server: Server, text: str) -> bool:
    """Whether the server has logged it."""
    return text in server.log.read_text(encoding="utf-8")


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            # InnoDB looks again at its transactions only when nobody has asked for them for 0.1 s.
            await asyncio.sleep(0.2)


def waiting(database: Database) -> int:
    """How many transactions wait for a row."""
    with closing(database.admin()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'")
        [[count]] = cursor.fetchall()
        return int(count)


def others_have_written(other: "Connection[Any]") -> bool:
    """Whether there is a transaction that has written something, besides this connection's own."""
    with other.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM information_schema.innodb_trx"
            " WHERE trx_mysql_thread_id <> CONNECTION_ID() AND trx_rows_modified > 0"
        )
        return bool(cursor.fetchall())


def test_F08_deadlock(server: Server, database: Database, other: "Connection[Any]", log_url: str) -> None:
    """The other transaction takes the rows of a batch in the opposite order, and has done more than the batch."""

    async def scenario() -> None:
        chats = await new_chats(server, 1)
        token, number = token_and_number(chats[0])
        async with Load([server.url], chats) as load:
            await load.grown(50)
            with other.cursor() as cursor:
                # InnoDB rolls back the one that has done less.
                cursor.execute("CREATE TABLE heavy (number INT)")
                cursor.execute("BEGIN")
                cursor.executemany("INSERT INTO heavy VALUES (%s)", [(number,) for number in range(1000)])
            lock(other, streams.messages(token, number))
            await until(lambda: waiting(database) > 0)
            await asyncio.to_thread(lock, other, streams.application(token))
            await until(lambda: said(server, "(1213)"))
            other.rollback()
            await load.grown(50)
        assert {*load.history.ends} == {"201"}
        await agree(load, [server], log_url)

    asyncio.run(scenario())


async def post(server: Server, chat: str, body: str) -> int:
    async with Client(server.url) as client:
        answer = await client.post(f"{chat}/messages", {"body": body}, Idempotency_Key=body)
        return answer.status


def test_F09_lock_wait(server: Server, other: "Connection[Any]", log_url: str) -> None:
    """The other transaction holds the next position, so a batch fails when its first rows are written already."""

    async def scenario(log: Log) -> None:
        [chat] = await new_chats(server, 1)
        stream = streams.messages(*token_and_number(chat))
        assert await post(server, chat, "first") == 201
        before = log.head(), log.stream_states("", 100)
        with other.cursor() as cursor:
            cursor.execute(
                "INSERT INTO events (position, stream, version, event_id, topic, state, recorded_at)"
                " VALUES (%s, 0, 0, '', '', '', 0)",
                (log.head() + 1,),
            )
        assert await post(server, chat, "second") == 503
        assert said(server, "(1205)")
        await until(lambda: not others_have_written(other))
        assert (log.head(), log.stream_states("", 100)) == before
        other.rollback()
        assert await post(server, chat, "second") == 201
        assert [event.version for event in log.read_stream(stream, 0, 10)] == [1, 2]
        assert [event.position for event in log.read(0, 100)] == list(range(1, log.head() + 1))

    with closing(open_log(log_url)) as log:
        asyncio.run(scenario(log))
