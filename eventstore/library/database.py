"""A database as the recorders see it: transactions and reads, on a few connections shared by all threads."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any

from eventsourcing.persistence import ConnectionPoolClosedError, ConnectionUnavailableError, PersistenceError
from eventsourcing.utils import retry

from eventstore.library.errors import ConnectionLostError
from eventstore.library.session import Session

MOST_SESSIONS = 10
PATIENCE = 30.0


class Database:
    """Hands out sessions, last in, first out; none with a transaction open, none that was lost.

    `one_writer` lets this process write one transaction at a time: an engine that has only one write lock
    is then waited for in turn, and not by trying.
    """

    def __init__(
        self, connect: Callable[[], Session], types: Mapping[str, str], *, one_writer: bool = False
    ) -> None:
        self.types = types
        self._connect = connect
        self._free: list[Session] = []
        self._places = threading.BoundedSemaphore(MOST_SESSIONS)
        self._writing: AbstractContextManager[object] = threading.Lock() if one_writer else nullcontext()
        self._closed = False

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A transaction: committed at the end, rolled back by any exception.

        Raises OutcomeUnknownError if COMMIT gave no answer, ConnectionUnavailableError after 30 s of waiting
        for other threads.
        """
        with self._writing, self._session() as session:
            session.begin()
            try:
                yield session
            except BaseException:
                session.rollback()
                raise
            session.commit()

    @retry(ConnectionLostError, max_attempts=10, wait=0.2)
    def read(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of one query, as of one moment; a lost connection is replaced for about two seconds."""
        with self._session() as session:
            return session.rows(statement, parameters)

    def create(self, statements: Sequence[str]) -> None:
        """Run statements that make tables, each of which does nothing the second time."""
        with self._writing, self._session() as session:
            for statement in statements:
                session.execute(statement)

    def close(self) -> None:
        """Close the sessions; those in use when they come back."""
        self._closed = True
        while self._free:
            self._free.pop().close()

    def __del__(self) -> None:
        # The library's ProjectionRunner drops the factory of its view without closing it.
        with suppress(AttributeError):
            self.close()

    @contextmanager
    def _session(self) -> Iterator[Session]:
        if self._closed:
            raise ConnectionPoolClosedError
        if not self._places.acquire(timeout=PATIENCE):
            raise ConnectionUnavailableError(
                f"{MOST_SESSIONS} connections are in use, none came back in time"
            )
        try:
            session = self._take()
            try:
                yield session
            except PersistenceError:
                # Rolled back; whether it was lost, it knows.
                self._put(session)
                raise
            except BaseException:
                session.close()
                raise
            self._put(session)
        finally:
            self._places.release()

    def _take(self) -> Session:
        while self._free:
            # Another thread may have taken the last one in between.
            with suppress(IndexError):
                session = self._free.pop()
                if session.alive():
                    return session
                session.close()
        return self._connect()

    def _put(self, session: Session) -> None:
        if session.alive() and not self._closed:
            self._free.append(session)
        else:
            session.close()
