"""The log on SQLite: appending to it."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

from engines.sqlite_rows import insert_rows
from eventstore.crashpoints import crashpoint
from eventstore.errors import LogUnavailable, OutcomeUnknown
from eventstore.log import (
    CommandRecord,
    FactRef,
    Footprint,
    Loaded,
    NewEvent,
    NewRecord,
    Recorded,
    StreamState,
    Writes,
    absolute,
)
from eventstore.sqlite_connection import connect, translated


class SQLiteLogWriter:
    """Implements `eventstore.log.LogWriter`; SQLite's one write lock stands for all row locks."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = connect(path, writable=True)
        self._ids: dict[str, int] = {}

    def load(self, footprint: Footprint) -> Loaded:
        with translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._ids = {}
                return Loaded(
                    streams=self.peek([*footprint.exclusive, *footprint.shared, *footprint.peek]),
                    records=self._records(footprint.keys),
                    events=self._events(footprint.refs),
                )
            except BaseException:
                self.rollback()
                raise

    def peek(self, names: Sequence[str]) -> Mapping[str, StreamState]:
        with translated():
            # All rows as one, for the sake of the interpreter's lock: see engines.sqlite_rows.
            (rows,) = self._db.execute(
                "SELECT json_group_array(json_array(name, id, version, live, closed)) FROM streams"
                " WHERE name IN (SELECT value FROM json_each(?))",
                (json.dumps(names),),
            ).fetchone()
        found = {}
        for name, identity, version, live, closed in json.loads(rows):
            found[name] = StreamState(version, live, bool(closed))
            self._ids[name] = identity
        return found

    def commit(self, writes: Writes) -> int:
        crashpoint("append-before-insert")
        try:
            with translated():
                head: int = self._db.execute(
                    "UPDATE log_head SET position = position + ? RETURNING position", (len(writes.events),)
                ).fetchone()[0]
                first = head - len(writes.events) + 1 if writes.events else head
                self._save_streams(writes.streams)
                self._save_events(writes, first)
                self._save_records(writes.records, first, writes.recorded_at)
        except BaseException:
            self.rollback()
            raise
        crashpoint("append-before-commit")
        try:
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            # A failed COMMIT may leave the transaction open, or have ended it either way.
            raise OutcomeUnknown(str(error)) from error
        crashpoint("append-after-commit")
        return first

    def rollback(self) -> None:
        with translated():
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def settle(self, event: NewEvent) -> int | None:
        # A new connection: the old one may still hold the transaction, and must not end it later.
        self._db.close()
        self._db = connect(self._path, writable=True)
        with translated():
            row = self._db.execute(
                "SELECT e.position FROM streams s JOIN events e ON e.stream = s.id"
                " WHERE s.name = ? AND e.version = ? AND e.event_id = ?",
                (event.stream, event.version, event.event_id),
            ).fetchone()
        return None if row is None else int(row[0])

    def expire_keys(self, before: int, limit: int) -> int:
        with translated():
            return self._db.execute(
                "DELETE FROM commands WHERE (scope, key) IN"
                " (SELECT scope, key FROM commands WHERE created_at < ? ORDER BY created_at LIMIT ?)",
                (before, limit),
            ).rowcount

    def close(self) -> None:
        # A connection that is beyond a ROLLBACK: closing it has the same effect.
        with suppress(LogUnavailable):
            self.rollback()
        self._db.close()

    def _records(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], CommandRecord]:
        found = {}
        for key in keys:
            row = self._db.execute(
                "SELECT fingerprint, position, answer FROM commands WHERE scope = ? AND key = ?", key
            ).fetchone()
            if row is not None:
                found[key] = CommandRecord._make(row)
        return found

    def _events(self, refs: Iterable[FactRef]) -> dict[FactRef, Recorded]:
        found = {}
        for ref in refs:
            at = "s.version" if ref.version is None else "?"
            row = self._db.execute(
                "SELECT e.position, s.name, e.version, e.event_id, e.topic, e.state, e.recorded_at, e.meta"
                f" FROM streams s JOIN events e ON e.stream = s.id WHERE s.name = ? AND e.version = {at}",
                (ref.stream,) if ref.version is None else (ref.stream, ref.version),
            ).fetchone()
            if row is not None:
                found[ref] = Recorded._make(row)
        return found

    def _save_streams(self, streams: Mapping[str, StreamState]) -> None:
        new = [name for name in streams if name not in self._ids]
        if new:
            (last,) = self._db.execute("SELECT ifnull(max(id), 0) FROM streams").fetchone()
            self._ids.update(zip(new, count(last + 1), strict=False))
        insert_rows(
            self._db,
            "INSERT INTO streams (id, name, version, live, closed) VALUES",
            [(self._ids[name], name, *row) for name, row in streams.items()],
            conflict="ON CONFLICT (id) DO UPDATE SET"
            " version = excluded.version, live = excluded.live, closed = excluded.closed",
        )

    def _save_events(self, writes: Writes, first: int) -> None:
        insert_rows(
            self._db,
            "INSERT INTO events (position, stream, version, event_id, topic, state, recorded_at, meta) VALUES",
            [
                (position, self._ids[stream], version, event_id, topic, state, writes.recorded_at, meta)
                for position, (stream, version, event_id, topic, state, meta) in enumerate(
                    writes.events, first
                )
            ],
        )

    def _save_records(self, records: Sequence[NewRecord], first: int, created_at: int) -> None:
        insert_rows(
            self._db,
            "INSERT INTO commands (scope, key, fingerprint, position, answer, created_at) VALUES",
            [(*key, absolute(position, first), answer, created_at) for key, position, answer in records],
        )
