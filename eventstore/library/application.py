"""The application recorder: events by aggregate, and all of them by position."""

from collections.abc import Sequence
from typing import Any

from eventsourcing.persistence import Notification, StoredEvent

from eventstore.library.aggregate import COLUMNS, LibraryAggregateRecorder
from eventstore.library.followed import FollowedRecorder
from eventstore.library.session import Session
from eventstore.library.tables import create_application_events, create_head


class LibraryApplicationRecorder(LibraryAggregateRecorder, FollowedRecorder):
    """Implements the library's ApplicationRecorder.

    Notification ids are taken from the head's row, in the transaction that inserts the events: they follow one
    another without a gap, in the order of the commits, and a rollback gives them back.
    """

    def create_events_statements(self) -> list[str]:
        return [
            create_application_events(self.events_table, self.database.types),
            *create_head(self.tables.head, self.database.types),
        ]

    def _insert_events(
        self,
        session: Session,
        stored_events: Sequence[StoredEvent],
        **kwargs: Any,  # noqa: ARG002 - for subclasses
    ) -> Sequence[int] | None:
        """Locks the head until COMMIT: what a subclass adds is best done before."""
        if not stored_events:
            return []
        rows = self._rows(stored_events)
        last = session.advance(self.tables.head, len(rows))
        ids = range(last - len(rows) + 1, last + 1)
        session.insert(
            self.events_table,
            ("position", *COLUMNS),
            [(position, *row) for position, row in zip(ids, rows, strict=True)],
        )
        return list(ids)

    def read_page(self, after: int, limit: int) -> Sequence[Notification]:
        rows = self.database.read(
            f"SELECT {', '.join(COLUMNS)}, position FROM {self.events_table}"
            " WHERE position > ? ORDER BY position LIMIT ?",
            (after, limit),
        )
        return [
            Notification(self.ids.read(stored_id), version, topic.decode(), state, position)
            for stored_id, version, topic, state, position in rows
        ]

    def max_notification_id(self) -> int | None:
        [(position,)] = self.database.read(f"SELECT position FROM {self.tables.head}")
        return position or None
