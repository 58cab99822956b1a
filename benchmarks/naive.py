"""The POST of a message as it is usually written: one request, one transaction, on a thread of a pool."""

import asyncio
import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import falcon.asgi
from pymysql.err import Error

from commands.answers import encode
from commands.domain import message, messages
from commands.domain.refusals import NoSuch
from commands.http import refusals
from commands.http.schemas import NewMessageBody, load
from commands.intents import PostMessage
from engines.mysql_connection import connect
from engines.mysql_errors import DEADLOCK, LOCK_TIMEOUT, code_of
from eventstore import streams
from eventstore.clock import rfc3339, system_clock
from eventstore.codec import Codec
from eventstore.errors import LogContended
from web.paths import MESSAGES
from web.routing import new_app
from web.strict_json import read_json

if TYPE_CHECKING:
    from engines.mysql_connection import MySQL

PREFIX = "/naive"
THREADS = 32
ATTEMPTS = 10

# The shape of the log's own tables, but positions are what AUTO_INCREMENT gives: the row that would count them
# without a gap would let one transaction in at a time.
SCHEMA = (
    "CREATE TABLE naive_streams LIKE streams",
    "CREATE TABLE naive_events LIKE events",
    "ALTER TABLE naive_events MODIFY position BIGINT UNSIGNED NOT NULL AUTO_INCREMENT",
)
COPY = "INSERT INTO naive_streams SELECT * FROM streams"


class Pool:
    """Threads with a connection each."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._local = threading.local()
        self._opened: list[MySQL] = []
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="naive")

    async def post(self, intent: PostMessage) -> tuple[bytes, int]:
        """The answer and its position, once they are committed."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._insist, intent)

    def _insist(self, intent: PostMessage) -> tuple[bytes, int]:
        """Deadlocks and lock timeouts are tried again."""
        for attempt in range(ATTEMPTS):
            connection = self._connection()
            try:
                return post(connection, intent)
            except Error as error:
                with suppress(Error):
                    connection.rollback()
                if code_of(error) not in (DEADLOCK, LOCK_TIMEOUT):
                    self._local.connection = None
                    raise
                time.sleep(random.uniform(0, 0.01 * 2**attempt))
            except BaseException:
                connection.rollback()
                raise
        raise LogContended("other writers were always faster")

    def _connection(self) -> "MySQL":
        connection: MySQL | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect(self._url)
            self._opened.append(connection)
        return connection

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown()
        for connection in self._opened:
            with suppress(Error):
                connection.close()


def post(connection: "MySQL", intent: PostMessage) -> tuple[bytes, int]:
    """The message in a transaction of its own: its owner held still, its chat's row locked, both by their keys."""
    now = system_clock()
    stream = streams.messages(intent.token, intent.chat)
    with connection.cursor() as cursor:
        connection.begin()
        cursor.execute(
            "SELECT closed FROM naive_streams WHERE name = %s LOCK IN SHARE MODE",
            (streams.application(intent.token).encode(),),
        )
        if cursor.fetchone() != (0,):
            raise NoSuch("application")
        cursor.execute(
            "SELECT id, version, closed FROM naive_streams WHERE name = %s FOR UPDATE", (stream.encode(),)
        )
        row = cursor.fetchone()
        if row is None or row[2]:
            raise NoSuch("chat")
        identity, version, _ = row
        facts = messages.decide(intent, version, rfc3339(now))
        topic, state = _CODEC.encode(facts[0])
        cursor.execute(
            "INSERT INTO naive_events (stream, version, event_id, topic, state, recorded_at)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            (identity, version + 1, os.urandom(16), topic, state, now),
        )
        position = cursor.lastrowid
        cursor.execute(
            "UPDATE naive_streams SET version = version + 1, live = live + 1 WHERE name = %s",
            (stream.encode(),),
        )
        connection.commit()
    return encode(message.evolve(None, facts[0])), position


class Messages:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def on_post(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, token: str, chat: int
    ) -> None:
        fields = load(_BODY, await read_json(req))
        intent = PostMessage(token=token, chat=chat, body=fields["body"], sender=fields["sender"])
        resp.data, position = await self._pool.post(intent)
        resp.status = 201
        resp.set_header("Log-Position", str(position))


def naive_app(pool: Pool) -> falcon.asgi.App[Any, Any]:
    """The same JSON in and out, by the same framework, validation and refusals."""
    template = PREFIX + MESSAGES
    app = new_app({template: ("POST",)})
    refusals.install(app)
    app.add_route(template, Messages(pool))
    return app


_CODEC = Codec()
_BODY = NewMessageBody()
