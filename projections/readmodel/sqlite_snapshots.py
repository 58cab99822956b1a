"""Snapshots of whichever generation is live, for one reader thread."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from projections.readmodel.errors import ReadModelUnavailable
from projections.readmodel.sqlite_control import connect_control, control_path
from projections.readmodel.sqlite_files import FORMAT, connect, translated
from projections.readmodel.sqlite_stores import generation_path

_ATTEMPTS = 10


class SQLiteSnapshots:
    """Opens what is live at each snapshot's begin, and keeps it open until something else is."""

    def __init__(
        self,
        folder: Path,
        name: str,
        path: Callable[[Path, str, int], Path] = generation_path,
        column: str = "position",
        known: int = FORMAT,
    ) -> None:
        """`column` of the `checkpoint` in the file at `path` is the position that readers are shown; `known` is the
        file's format.
        """
        self._folder = folder
        self._name = name
        self._path = path
        self._column = column
        self._known = known
        self._db: sqlite3.Connection | None = None
        self._generation = 0

    @contextmanager
    def snapshot(self) -> Iterator[tuple[sqlite3.Connection, int]]:
        """A connection with an open read transaction, and the position that the transaction includes.

        Raises ReadModelUnavailable if the store can't answer.
        """
        db, position = self._begin()
        try:
            yield db, position
        finally:
            with translated():
                db.execute("COMMIT")

    @property
    def generation(self) -> int:
        """The generation of the snapshot that is open."""
        return self._generation

    def close(self) -> None:
        """Give back what is open."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def _begin(self) -> tuple[sqlite3.Connection, int]:
        for _ in range(_ATTEMPTS):
            db = self._db or self._open()
            try:
                with translated():
                    db.execute("BEGIN")
                    # One statement: what was live when these rows were there.
                    live, position = db.execute(
                        f"SELECT p.live, c.{self._column} FROM control.projections p, checkpoint c WHERE p.name = ?",
                        (self._name,),
                    ).fetchone()
            except BaseException:
                self.close()
                raise
            if live == self._generation:
                return db, position
            self.close()
        raise ReadModelUnavailable(f"the live generation of {self._name} changes all the time")

    def _open(self) -> sqlite3.Connection:
        control = connect_control(self._folder)
        with translated():
            try:
                row = control.execute("SELECT live FROM projections WHERE name = ?", (self._name,)).fetchone()
            finally:
                control.close()
        if row is None:
            raise ReadModelUnavailable(f"there are no {self._name} yet")
        self._generation = row[0]
        self._db = connect(self._path(self._folder, self._name, self._generation), known=self._known)
        with translated():
            self._db.execute(
                "ATTACH ? AS control", (f"{control_path(self._folder).resolve().as_uri()}?mode=rw",)
            )
            self._db.execute("PRAGMA query_only = ON")
        return self._db
