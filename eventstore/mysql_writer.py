"""The log on MySQL and MariaDB: appending to it, in two packets for a batch."""

import secrets
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from pymysql.err import Error

from engines.mysql_connection import IDLE_SECONDS, READ_SECONDS
from engines.mysql_errors import is_lost, text_of
from engines.mysql_text import binary
from eventstore.crashpoints import crashpoint
from eventstore.errors import LogUnavailable, OutcomeUnknown, TooLarge
from eventstore.log import (
    CommandRecord,
    FactRef,
    Footprint,
    Loaded,
    NewEvent,
    Recorded,
    StreamState,
    Writes,
)
from eventstore.mysql_append import append_statements
from eventstore.mysql_connection import open_connection, require_fitness, rows, translated
from eventstore.mysql_locks import locking, looking, stream_rows

_EVENT_COLUMNS = "position, stream, version, event_id, topic, state, recorded_at, meta"
SETTLE_SECONDS = 3.0
SETTLE_PAUSE = 0.02


class MySQLLogWriter:
    """Implements `eventstore.log.LogWriter` on a connection of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._ids: dict[str, int] = {}
        self._unsettled: str | None = None
        self._open()

    def load(self, footprint: Footprint) -> Loaded:
        self._ids = {}
        hidden = (
            {ref.stream for ref in footprint.refs} - footprint.exclusive - footprint.shared - footprint.peek
        )
        looked_at = footprint.peek | hidden
        statements = ["BEGIN", *locking(footprint.exclusive, footprint.shared)]
        if looked_at:
            statements.append(looking(looked_at))
        if footprint.keys:
            statements.append(_records_statement(footprint.keys))
        try:
            with translated():
                _, *results = self._run(statements)
                records = results.pop() if footprint.keys else []
                streams = self._take(results)
                events = self._events(footprint.refs, streams)
        except BaseException:
            self._roll_back_quietly()
            raise
        return Loaded(
            streams={name: row for name, row in streams.items() if name not in hidden},
            records={(scope.decode(), name.decode()): CommandRecord(*rest) for scope, name, *rest in records},
            events=events,
        )

    def peek(self, names: Sequence[str]) -> Mapping[str, StreamState]:
        # Their ids are not kept: a row that was made after this batch took its locks is not the batch's to change.
        with translated():
            [[(found,)]] = self._run([looking(names)])
        return {name: row for name, _, row in stream_rows(found)}

    def commit(self, writes: Writes) -> int:
        statements = append_statements(writes, self._ids)
        packet = ";".join(statements)
        # Its first byte says that it is a statement.
        if len(packet) >= self._largest_packet:
            self.rollback()
            raise TooLarge(f"a batch of {len(packet)} bytes is more than the server takes at once")
        crashpoint("append-before-insert")
        crashpoint("append-before-commit")
        head = self._commit(packet, len(statements))
        crashpoint("append-after-commit")
        return head - len(writes.events) + 1 if writes.events else head

    def rollback(self) -> None:
        with translated():
            self._connection.query("ROLLBACK")

    def settle(self, event: NewEvent) -> int | None:
        # The old transaction may still be on its way to a commit: first its session must be gone. It is the
        # same one however many calls it takes, and each of them has a connection of its own.
        self._unsettled = self._unsettled or self._session
        self.close()
        self._open()
        self._end(self._unsettled)
        # Locking reads wait for whoever still holds the rows, and see what has been committed by then.
        found = rows(
            self._connection,
            "SELECT e.position, e.event_id"
            " FROM streams s FORCE INDEX (PRIMARY) JOIN events e FORCE INDEX (stream_version)"
            " ON e.stream = s.id AND e.version = %s WHERE s.name = %s LOCK IN SHARE MODE",
            (event.version, event.stream.encode()),
        )
        self._unsettled = None
        return next((position for position, event_id in found if event_id == event.event_id), None)

    def expire_keys(self, before: int, limit: int) -> int:
        with translated(), self._connection.cursor() as cursor:
            return cursor.execute(
                "DELETE FROM commands WHERE created_at < %s ORDER BY created_at LIMIT %s", (before, limit)
            )

    def close(self) -> None:
        # Closing rolls back, too.
        with suppress(Error):
            self._connection.close()

    def _open(self) -> None:
        self._connection = open_connection(self._url, read_seconds=READ_SECONDS, idle_seconds=IDLE_SECONDS)
        try:
            require_fitness(self._connection)
            # A lock that lives and dies with the session tells, from another one, whether it is still there.
            self._session = f"parley {secrets.token_hex(16)}"
            [(self._largest_packet, _)] = rows(
                self._connection, "SELECT @@max_allowed_packet, GET_LOCK(%s, 0)", (self._session,)
            )
        except BaseException:
            self._connection.close()
            raise

    def _run(self, statements: Sequence[str]) -> list[tuple[Any, ...]]:
        """The rows of each statement, all sent in one packet. Raises pymysql.Error."""
        with self._connection.cursor() as cursor:
            cursor.execute(";".join(statements))
            results = [cursor.fetchall()]
            while cursor.nextset():
                results.append(cursor.fetchall())
        return results

    def _take(self, results: Iterable[tuple[Any, ...]]) -> dict[str, StreamState]:
        streams = {}
        for ((found,),) in results:
            for name, identity, row in stream_rows(found):
                streams[name] = row
                self._ids[name] = identity
        return streams

    def _events(self, refs: Iterable[FactRef], streams: Mapping[str, StreamState]) -> dict[FactRef, Recorded]:
        wanted = {
            ref: (self._ids[ref.stream], streams[ref.stream].version if ref.version is None else ref.version)
            for ref in refs
            if ref.stream in streams
        }
        if not wanted:
            return {}
        # MariaDB looks for ranges in OR, not in IN of pairs.
        places = " OR ".join(f"(stream = {s} AND version = {v})" for s, v in dict.fromkeys(wanted.values()))
        [events] = self._run(
            [f"SELECT {_EVENT_COLUMNS} FROM events FORCE INDEX (stream_version) WHERE {places}"]
        )
        found = {(stream, version): (position, rest) for position, stream, version, *rest in events}
        return {
            ref: Recorded(found[place][0], ref.stream, place[1], *found[place][1])
            for ref, place in wanted.items()
            if place in found
        }

    def _commit(self, packet: str, statements: int) -> int:
        """The new head."""
        connection, done = self._connection, 0
        try:
            cursor = connection.cursor()
            cursor.execute(packet)
            head = cursor.lastrowid
            done = 1
            while done < statements:
                connection.next_result()
                done += 1
        except Error as error:
            # An error of an earlier statement has ended the packet before its COMMIT.
            if is_lost(error) or not self._connection.open or done == statements - 1:
                raise OutcomeUnknown(text_of(error)) from error
            self._roll_back_quietly()
            with translated():
                raise
        return head

    def _roll_back_quietly(self) -> None:
        """On the way out of an error; a connection that can't is closed, which has the same effect."""
        try:
            self.rollback()
        except LogUnavailable:
            self.close()

    def _end(self, session: str) -> None:
        """Kill the session of that name if it is there, and wait until it is gone."""
        given_up_at = time.monotonic() + SETTLE_SECONDS
        while True:
            [(number,)] = rows(self._connection, "SELECT IS_USED_LOCK(%s)", (session,))
            if number is None:
                return
            if time.monotonic() > given_up_at:
                raise LogUnavailable(f"session {number} with an open COMMIT does not end")
            with suppress(LogUnavailable):
                # It may have ended by itself meanwhile.
                rows(self._connection, "KILL %s", (number,))
            time.sleep(SETTLE_PAUSE)


def _records_statement(keys: Collection[tuple[str, str]]) -> str:
    places = " OR ".join(f"(scope = {binary(scope)} AND name = {binary(name)})" for scope, name in keys)
    return f"SELECT scope, name, fingerprint, position, answer FROM commands WHERE {places}"
