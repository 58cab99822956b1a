"""Parley's own log as an application recorder of the library: it reads, and refuses to write."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn
from uuid import UUID

from eventsourcing.persistence import (
    Notification,
    NotSupportedError,
    OperationalError,
    PersistenceError,
    StoredEvent,
)

from eventstore.errors import LogError, LogUnavailable
from eventstore.library.bell import Bell
from eventstore.library.followed import FollowedRecorder
from eventstore.library.tail import PAGE
from eventstore.log import Log, Recorded


class ParleyLogRecorder(FollowedRecorder):
    """A notification's id is the position, its originator the stream, its state the fact's JSON."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.bell = Bell()

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> NoReturn:  # noqa: ARG002
        raise NotSupportedError("Parley's log is appended to by Parley's commands alone")

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        stream = str(originator_id)
        with _translated():
            last = self._last_version(stream)
            last = last if lte is None else min(last, lte)
            first = max(gt or 0, 0) + 1
            if limit is not None and desc:
                first = max(first, last - limit + 1)
            elif limit is not None:
                last = min(last, first + limit - 1)
            found = list(self._versions(stream, first, last))
        return found[::-1] if desc else found

    def read_page(self, after: int, limit: int) -> Sequence[Notification]:
        with _translated():
            return [
                Notification(event.stream, event.version, event.topic, event.state, event.position)
                for event in self._log.read(after, limit)
            ]

    def max_notification_id(self) -> int | None:
        with _translated():
            return self._log.head() or None

    def close(self) -> None:
        """Close the log."""
        self._log.close()

    def _versions(self, stream: str, first: int, last: int) -> Iterator[StoredEvent]:
        while first <= last and (
            page := self._log.read_stream(stream, first - 1, min(PAGE, last - first + 1))
        ):
            yield from (_stored(event) for event in page)
            first = page[-1].version + 1

    def _last_version(self, stream: str) -> int:
        """0 if there is none; found by asking whether a version is there, as they count from 1 without a gap."""
        there, missing = 0, 1
        while self._log.read_stream(stream, missing - 1, 1):
            there, missing = missing, missing * 2
        while missing - there > 1:
            middle = (there + missing) // 2
            if self._log.read_stream(stream, middle - 1, 1):
                there = middle
            else:
                missing = middle
        return there


def _stored(event: Recorded) -> StoredEvent:
    return StoredEvent(event.stream, event.version, event.topic, event.state)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except LogUnavailable as error:
        raise OperationalError(str(error)) from error
    except LogError as error:
        raise PersistenceError(str(error)) from error
