"""The process recorder: events and tracking in one transaction."""

from collections.abc import Sequence
from typing import Any

from eventsourcing.persistence import ProcessRecorder, StoredEvent, Tracking

from eventstore.library.application import LibraryApplicationRecorder
from eventstore.library.session import Session
from eventstore.library.tracking import LibraryTrackingRecorder


class LibraryProcessRecorder(LibraryTrackingRecorder, LibraryApplicationRecorder, ProcessRecorder):
    """Implements the library's ProcessRecorder: an IntegrityError about either leaves nothing of both."""

    def _insert_events(
        self, session: Session, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        tracking: Tracking | None = kwargs.get("tracking")
        if tracking is not None:
            self._insert_tracking(session, tracking)
        return super()._insert_events(session, stored_events, **kwargs)
