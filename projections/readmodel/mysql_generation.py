"""What every generation in tables has in common: the checkpoint, the lock, the snapshots."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from engines.mysql_server import VERSION, checking
from projections.readmodel.changes import Change
from projections.readmodel.mysql_checkpoints import MySQLCheckpoints
from projections.readmodel.mysql_schema import tables_of
from projections.readmodel.mysql_session import LONG_SECONDS, SNAPSHOT, MySQLSession
from projections.readmodel.store import Checkpoint, Drift, Pause, go_on


class MySQLGeneration(ABC):
    """Implements `store.Generation`, but for what its tables are."""

    def __init__(self, url: str, number: int, checkpoints: MySQLCheckpoints) -> None:
        """It closes the checkpoints with itself."""
        self._url = url
        self._number = number
        self._checkpoints = checkpoints

    @property
    def number(self) -> int:
        return self._number

    def checkpoint(self) -> Checkpoint:
        return self._checkpoints.get()

    def apply(self, changes: Sequence[Change], before: Checkpoint, after: Checkpoint) -> None:
        self.begin(changes, before, after)()

    @abstractmethod
    def begin(self, changes: Sequence[Change], before: Checkpoint, after: Checkpoint) -> Callable[[], None]:
        """See `store.Generation`."""

    @abstractmethod
    def finish(self) -> None:
        """See `store.Generation`."""

    def hold(self) -> AbstractContextManager[None]:
        return self._checkpoints.hold()

    @abstractmethod
    def purge(self, limit: int) -> int:
        """See `store.Generation`."""

    @abstractmethod
    def recount(self, repair: bool, pause: Pause = go_on) -> list[Drift]:
        """See `store.Generation`."""

    @contextmanager
    def rows(self) -> Iterator[tuple[Checkpoint, Iterator[tuple[str, bytes]]]]:
        with self._long_session() as session:
            session.packet(SNAPSHOT)
            yield self._checkpoints.get(session), self._rows(session)

    def check(self) -> list[str]:
        with self._long_session() as session:
            [(version,)] = session.rows(VERSION)
            found = session.rows(checking(version, tables_of(self._number)))
        return [f"{table}: {text}" for table, _, kind, text in found if kind != "status" or text != "OK"]

    def parked(self) -> list[str]:
        return []

    def close(self) -> None:
        self._checkpoints.close()

    @abstractmethod
    def _rows(self, session: MySQLSession) -> Iterator[tuple[str, bytes]]:
        """The rows of `rows`, in the snapshot that is open in the session."""

    @contextmanager
    def _long_session(self) -> Iterator[MySQLSession]:
        """A session that nobody else uses, for what takes long."""
        session = MySQLSession(self._url, read_seconds=LONG_SECONDS)
        try:
            yield session
        finally:
            session.close()
