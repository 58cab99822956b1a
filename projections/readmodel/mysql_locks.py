"""Locks among the processes that share a database; freed by a crash, and by a frozen process after a while."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from engines.mysql_text import quoted
from projections.readmodel.errors import ReadModelUnavailable
from projections.readmodel.mysql_session import MySQLSession

_IDLE_SECONDS = 10
"""After how long the server takes a silent process for dead."""
_PING_EVERY = 2.0
_PING_SECONDS = 5
_PATIENCE = 30

logger = logging.getLogger(__name__)

Change = Callable[[str], object]
"""Runs one statement."""


class MySQLLocks:
    """Each lock has a connection of its own, for the server gives it back with the connection."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._mine = threading.local()

    @contextmanager
    def exclusively(self, name: str) -> Iterator[bool]:
        """Whether the lock is this thread's, until the end; False at once if another has it.

        Raises ReadModelUnavailable.
        """
        lock = _Lock(self._url, name)
        try:
            if not lock.take(0):
                yield False
                return
            held: list[_Lock] = self._held()
            held.append(lock)
            try:
                yield True
            finally:
                held.remove(lock)
        finally:
            lock.give_back()

    @contextmanager
    def patiently(self, name: str) -> Iterator[Change]:
        """The same, but waits for the other to end; gives what makes a change that only the lock's holder can make.

        Raises ReadModelUnavailable if that takes too long; so does a change when the lock is lost.
        """
        lock = _Lock(self._url, name)
        try:
            if not lock.take(_PATIENCE):
                raise ReadModelUnavailable(f"another process has held {name} for {_PATIENCE} s")
            yield lock.change
        finally:
            lock.give_back()

    def check(self) -> None:
        """Raises ReadModelUnavailable if the server has given a lock of this thread away."""
        for lock in self._held():
            if lock.lost is not None:
                raise ReadModelUnavailable(f"the lock {lock.name} is lost: {lock.lost}")

    def _held(self) -> "list[_Lock]":
        held: list[_Lock] = self._mine.__dict__.setdefault("held", [])
        return held


class _Lock:
    """Kept alive by a thread, for whoever has it may be busy elsewhere for long. `lost` says why it is gone."""

    def __init__(self, url: str, name: str) -> None:
        self.name = name
        self.lost: str | None = None
        self._session = MySQLSession(url, read_seconds=_PATIENCE + _PING_SECONDS, idle_seconds=_IDLE_SECONDS)
        self._asking = threading.Lock()
        self._done = threading.Event()
        self._thread: threading.Thread | None = None

    def take(self, patience: int) -> bool:
        if self._session.rows(f"SELECT GET_LOCK({self._full_name}, {patience})")[0][0] != 1:
            return False
        self._thread = threading.Thread(target=self._keep, name=f"lock-{self.name}", daemon=True)
        self._thread.start()
        return True

    def change(self, statement: str) -> None:
        """Run it on the session that has the lock: the server does both, or neither.

        Raises ReadModelUnavailable if the lock is lost; any error loses it.
        """
        with self._asking:
            if self.lost is not None:
                raise ReadModelUnavailable(f"the lock {self.name} is lost: {self.lost}")
            try:
                self._session.change(statement)
            except BaseException as error:
                # The session is closed with it, and a new one would not have the lock.
                self.lost = str(error)
                raise

    def give_back(self) -> None:
        self._done.set()
        if self._thread is not None:
            self._thread.join()
            # A server takes its time to notice that a connection is closed; if it can't be told, that has to do.
            with suppress(ReadModelUnavailable):
                self.change(f"DO RELEASE_LOCK({self._full_name})")
        self._session.close()

    @property
    def _full_name(self) -> str:
        """Names of locks are the whole server's, and at most 64 characters long."""
        return f"CONCAT({quoted(self.name)}, ' ', LEFT(SHA2(DATABASE(), 256), 32))"

    def _keep(self) -> None:
        while not self._done.wait(_PING_EVERY):
            try:
                self.change("DO 0")
            except ReadModelUnavailable as error:
                logger.warning("the lock %s is lost: %s", self.name, error)
                return
