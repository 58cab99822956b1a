"""What every generation in a SQLite file has in common: the checkpoint, the fence, the transactions."""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

from engines.sqlite_integrity import integrity
from projections.readmodel.changes import Change
from projections.readmodel.errors import Fenced
from projections.readmodel.sqlite_files import FORMAT, connect, make, translated
from projections.readmodel.store import Checkpoint, Drift, Pause, go_on

NO_CHECKPOINT = ("INSERT INTO checkpoint (log_id, position, event_id) VALUES (?, ?, ?)", tuple(Checkpoint()))

_UPGRADES: Mapping[str, Sequence[str]] = {"tables": ("ALTER TABLE applications ADD COLUMN app_keys TEXT",)}
"""The statements that lead a projection's files from one format to the next."""

LIVE = (16 << 10, 4_000)
BULK = (64 << 10, 16_000)
"""Page cache in KiB, and pages in the write-ahead log between its checkpoints.

A batch that is spread over 10,000 chats changes 4,000 pages: bulk settings write them twice as fast as SQLite's
default [measured], but a checkpoint then takes tenths of a second, too long for a live follower.
"""


class SQLiteGeneration(ABC):
    """Implements `store.Generation`, but for what its tables are."""

    def __init__(
        self, path: Path, number: int, is_live: Callable[[], bool] | None, known: int = FORMAT
    ) -> None:
        """`is_live` is asked inside each transaction, if the generation must be the live one; `known` is the format
        that its file has.
        """
        self._path = path
        self._known = known
        self._number = number
        self._is_live = is_live
        self._db = connect(path, known=known)
        cache, checkpoint_every = LIVE if is_live else BULK
        with translated():
            self._db.execute(f"PRAGMA cache_size = {-cache}")
            self._db.execute(f"PRAGMA wal_autocheckpoint = {checkpoint_every}")
        self._afterwards = ExitStack()

    @property
    def number(self) -> int:
        return self._number

    def checkpoint(self) -> Checkpoint:
        with translated():
            return _checkpoint(self._db)

    def apply(self, changes: Sequence[Change], before: Checkpoint, after: Checkpoint) -> None:
        with self._transaction():
            # Only now, under the write lock: a replay flips while it holds that lock.
            if self._is_live is not None and not self._is_live():
                raise Fenced(f"generation {self._number} is no longer the live one")
            if (found := self.checkpoint()) != before:
                raise Fenced(f"the checkpoint is {found}, expected was {before}")
            self._fold(changes)
            self._db.execute("UPDATE checkpoint SET log_id = ?, position = ?, event_id = ?", after)

    def begin(self, changes: Sequence[Change], before: Checkpoint, after: Checkpoint) -> Callable[[], None]:
        return partial(self.apply, changes, before, after)

    @contextmanager
    def hold(self) -> Iterator[None]:
        with translated():
            self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            self._rollback()

    def check(self) -> list[str]:
        with translated():
            return integrity(self._db)

    def parked(self) -> list[str]:
        return []

    def close(self) -> None:
        with translated():
            self._db.close()
        self._afterwards.close()

    def closes(self, afterwards: ExitStack) -> None:
        """`close` shall close `afterwards`, too."""
        self._afterwards = afterwards

    @abstractmethod
    def finish(self) -> None:
        """See `store.Generation`."""

    @abstractmethod
    def purge(self, limit: int) -> int:
        """See `store.Generation`."""

    @abstractmethod
    def recount(self, repair: bool, pause: Pause = go_on) -> list[Drift]:
        """See `store.Generation`."""

    @contextmanager
    def rows(self) -> Iterator[tuple[Checkpoint, Iterator[tuple[str, bytes]]]]:
        # A connection of its own: the snapshot may outlive many changes by this generation's writer.
        with translated(), closing(connect(self._path, known=self._known)) as db:
            db.execute("BEGIN")
            yield _checkpoint(db), self._rows(db)

    @abstractmethod
    def _rows(self, db: sqlite3.Connection) -> Iterator[tuple[str, bytes]]:
        """The rows of `rows`, in the transaction that is open on `db`."""

    @abstractmethod
    def _fold(self, changes: Sequence[Change]) -> None:
        """Make the changes; the transaction is open."""

    @abstractmethod
    def _forget(self) -> None:
        """Forget what was remembered of rows that a rollback has undone."""

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._rollback()
                self._forget()
                raise

    def _rollback(self) -> None:
        # SQLite ends the transaction itself after some errors (a full disk, for one).
        if self._db.in_transaction:
            with translated():
                self._db.execute("ROLLBACK")


def _checkpoint(db: sqlite3.Connection) -> Checkpoint:
    return Checkpoint(*db.execute("SELECT log_id, position, event_id FROM checkpoint").fetchone())


def make_generation(path: Path, name: str) -> None:
    """An empty generation's file, if it is not there yet; one that an older program made is upgraded."""
    make(path, f"sqlite_{name}", NO_CHECKPOINT, upgrades=_UPGRADES.get(name, ()))


def format_of(name: str) -> int:
    """The format of the files of a projection's generations."""
    return FORMAT + len(_UPGRADES.get(name, ()))
