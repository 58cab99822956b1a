"""The tracking recorder: how far an application has processed those upstream of it."""

import time
from collections.abc import Sequence
from threading import Event

from eventsourcing.persistence import IntegrityError, Tracking, TrackingRecorder, WaitInterruptedError
from eventsourcing.utils import retry

from eventstore.library.errors import ConnectionLostError
from eventstore.library.originators import key
from eventstore.library.recorder import LibraryRecorder
from eventstore.library.session import Session
from eventstore.library.tables import create_tracking

FIRST_PAUSE = 0.005
LONGEST_PAUSE = 0.1


class LibraryTrackingRecorder(LibraryRecorder, TrackingRecorder):
    """Implements the library's TrackingRecorder, with one row for each upstream application.

    A view of a projection is a subclass: it adds its tables to `create_statements`, and records what it
    makes of an event with `self.transaction() as session` and `self._insert_tracking(session, tracking)`.
    """

    def create_statements(self) -> list[str]:
        return [
            *super().create_statements(),
            create_tracking(self.tables.tracking, self.database.types),
        ]

    @retry(ConnectionLostError, max_attempts=10, wait=0.2)
    def insert_tracking(self, tracking: Tracking) -> None:
        """Raises IntegrityError unless it is beyond what was tracked, OutcomeUnknownError."""
        with self.transaction() as session:
            self._insert_tracking(session, tracking)

    def _insert_tracking(self, session: Session, tracking: Tracking) -> None:
        name, number = key(tracking.application_name), tracking.notification_id
        changed = session.execute(
            f"UPDATE {self.tables.tracking} SET notification_id = ?"
            " WHERE application_name = ? AND notification_id < ?",
            (number, name, number),
        )
        if not changed:
            try:
                session.insert(
                    self.tables.tracking, ("application_name", "notification_id"), [(name, number)]
                )
            except IntegrityError as error:
                raise IntegrityError(
                    f"{tracking.application_name} is tracked up to {number} or beyond already"
                ) from error

    def max_tracking_id(self, application_name: str) -> int | None:
        rows: Sequence[tuple[int]] = self.database.read(
            f"SELECT notification_id FROM {self.tables.tracking} WHERE application_name = ?",
            (key(application_name),),
        )
        return rows[0][0] if rows else None

    def wait(
        self,
        application_name: str,
        notification_id: int | None,
        timeout: float = 1.0,
        interrupt: Event | None = None,
    ) -> None:
        """As the library has it, but what this recorder records ends the wait at once."""
        deadline = time.monotonic() + timeout
        pause = FIRST_PAUSE
        heard = self.bell.rings
        while not self.has_tracking_id(application_name, notification_id):
            if interrupt is not None and interrupt.is_set():
                raise WaitInterruptedError
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(
                    f"notification {notification_id} of {application_name} was not processed in {timeout} s"
                )
            self.bell.wait(heard, min(pause, left))
            heard, pause = self.bell.rings, min(pause * 2, LONGEST_PAUSE)
