"""The checkpoint, in a file of its own, of a generation that is kept elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from projections.readmodel.errors import Fenced
from projections.readmodel.sqlite_files import connect, translated
from projections.readmodel.store import Checkpoint


class SQLiteCheckpoints:
    """Implements `elsewhere.Checkpoints`.

    Not in the registry's file: who holds a generation writes there that another one is live.
    """

    def __init__(
        self, path: Path, is_live: Callable[[], bool] | None = None, afterwards: ExitStack | None = None
    ) -> None:
        """`is_live` is asked inside each transaction, if the generation must be the live one.

        `close` closes `afterwards`, too.
        """
        self._is_live = is_live
        self._db = connect(path)
        self._afterwards = afterwards or ExitStack()

    def get(self) -> Checkpoint:
        with translated():
            return Checkpoint(
                *self._db.execute("SELECT log_id, position, event_id FROM checkpoint").fetchone()
            )

    def move(self, before: Checkpoint, after: Checkpoint) -> None:
        with self._transaction():
            # Only now, under the write lock: a replay flips while it holds that lock.
            if self._is_live is not None and not self._is_live():
                raise Fenced("the generation is no longer the live one")
            if (found := self.get()) != before:
                raise Fenced(f"the checkpoint is {found}, expected was {before}")
            self._move(after)

    def begin_again_if(self, lost: Callable[[], bool]) -> None:
        with self._transaction():
            if lost():
                self._move(Checkpoint())

    def searchable(self) -> int:
        with translated():
            found: int = self._db.execute("SELECT searchable FROM checkpoint").fetchone()[0]
        return found

    def now_searchable(self, position: int) -> None:
        with translated():
            self._db.execute(
                "UPDATE checkpoint SET searchable = max(searchable, min(?, position))", (position,)
            )

    def hold(self) -> AbstractContextManager[None]:
        return self._transaction()

    def _move(self, after: Checkpoint) -> None:
        self._db.execute(
            "UPDATE checkpoint SET log_id = ?1, position = ?2, event_id = ?3, searchable = min(searchable, ?2)",
            after,
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    def close(self) -> None:
        with translated():
            self._db.close()
        self._afterwards.close()
