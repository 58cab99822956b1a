"""The aggregate recorder: events by aggregate, without an order among aggregates."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from eventsourcing.persistence import AggregateRecorder, StoredEvent
from eventsourcing.utils import retry

from eventstore.library.errors import ConnectionLostError
from eventstore.library.originators import key
from eventstore.library.recorder import LibraryRecorder
from eventstore.library.session import Session
from eventstore.library.tables import create_aggregate_events

COLUMNS = ("originator_id", "originator_version", "topic", "state")


class LibraryAggregateRecorder(LibraryRecorder, AggregateRecorder):
    """Implements the library's AggregateRecorder. The purpose `snapshots` has a table beside that of `events`."""

    @property
    def events_table(self) -> str:
        """The quoted name of the table."""
        return self.tables.table(self.purpose)

    def create_statements(self) -> list[str]:
        return [*super().create_statements(), *self.create_events_statements()]

    def create_events_statements(self) -> list[str]:
        """What makes the table of events."""
        return [create_aggregate_events(self.events_table, self.database.types)]

    # A connection that is lost before COMMIT has written nothing; see OutcomeUnknownError for later.
    @retry(ConnectionLostError, max_attempts=10, wait=0.2)
    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """All events in one transaction, or none.

        Raises IntegrityError if a version of theirs is taken, OutcomeUnknownError if COMMIT gave no answer.
        """
        with self.transaction() as session:
            return self._insert_events(session, stored_events, **kwargs)

    def _insert_events(
        self,
        session: Session,
        stored_events: Sequence[StoredEvent],
        **kwargs: Any,  # noqa: ARG002 - for subclasses
    ) -> Sequence[int] | None:
        session.insert(self.events_table, COLUMNS, self._rows(stored_events))
        return None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        statement = f"SELECT {', '.join(COLUMNS)} FROM {self.events_table} WHERE originator_id = ?"
        parameters: list[object] = [self.ids.stored(originator_id)]
        for condition, value in (("originator_version > ?", gt), ("originator_version <= ?", lte)):
            if value is not None:
                statement += f" AND {condition}"
                parameters.append(value)
        statement += f" ORDER BY originator_version {'DESC' if desc else 'ASC'}"
        if limit is not None:
            statement += " LIMIT ?"
            parameters.append(limit)
        return [
            StoredEvent(self.ids.read(stored_id), version, topic.decode(), state)
            for stored_id, version, topic, state in self.database.read(statement, parameters)
        ]

    def _rows(self, stored_events: Sequence[StoredEvent]) -> list[tuple[object, ...]]:
        return [
            (self.ids.stored(event.originator_id), event.originator_version, key(event.topic), event.state)
            for event in stored_events
        ]
