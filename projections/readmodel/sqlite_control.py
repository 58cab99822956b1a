"""The registry of generations in a data folder."""

import secrets
import sqlite3
import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

from projections.readmodel import file_locks
from projections.readmodel.elsewhere import Elsewhere
from projections.readmodel.errors import WrongFormat
from projections.readmodel.registry import Registry
from projections.readmodel.sqlite_files import FORMAT, connect, make, translated
from projections.readmodel.sqlite_generation import SQLiteGeneration
from projections.readmodel.sqlite_search import SQLiteSearch
from projections.readmodel.sqlite_stores import CheckpointFiles, InFiles
from projections.readmodel.sqlite_tables import SQLiteTables
from projections.readmodel.store import LiveProjection, Report
from projections.readmodel.stores import KeptElsewhere, Store

_UPGRADES = ("ALTER TABLE projections ADD COLUMN swapped_at INTEGER",)
_KINDS: dict[str, type[SQLiteGeneration]] = {"tables": SQLiteTables, "search": SQLiteSearch}


def control_path(folder: Path) -> Path:
    """The registry's own file."""
    return folder / "control.db"


def connect_control(folder: Path, *, synchronous: str = "NORMAL") -> sqlite3.Connection:
    """A connection to it; as `sqlite_files.connect`."""
    return connect(control_path(folder), synchronous=synchronous, known=FORMAT + len(_UPGRADES))


class SQLiteControl(Registry):
    """Implements `store.OwnedControl` over a folder."""

    def __init__(
        self, folder: Path, elsewhere: Mapping[str, Elsewhere] | None = None, *, makes: bool = True
    ) -> None:
        """`elsewhere` are the projections that are not kept in files here; they are closed with this. `makes`: the
        registry's file is made or upgraded first; else it must be this program's. Raises WrongFormat,
        ReadModelUnavailable.
        """
        self._folder = folder
        super().__init__({name: self._store(name, (elsewhere or {}).get(name)) for name in _KINDS})
        if makes:
            make(
                control_path(folder),
                "sqlite_control",
                ("INSERT INTO secret (bytes) VALUES (?)", (secrets.token_bytes(32),)),
                upgrades=_UPGRADES,
            )
        elif not control_path(folder).exists():
            raise WrongFormat(f"there are no read models in {folder}: run `parley migrate`")
        # FULL: what is live must not be forgotten, while a generation's lost tail is only folded again.
        self._db = connect_control(folder, synchronous="FULL")
        self._lock = threading.Lock()
        self._secret: bytes = self._rows("SELECT bytes FROM secret")[0][0]

    @property
    def secret(self) -> bytes:
        return self._secret

    def exclusively(self, name: str) -> AbstractContextManager[bool]:
        return file_locks.exclusively(self._folder / f"{name}.lock")

    def report(self, name: str, *, position: int, head: int, error: str | None) -> None:
        self._change(
            "UPDATE projections SET position = ?, head = ?, error = ?, reported_at = ? WHERE name = ?",
            (position, head, error, time.time_ns() // 1000, name),
        )

    def reported(self, name: str) -> Report | None:
        rows = self._rows(
            "SELECT position, head, error, reported_at FROM projections"
            " WHERE name = ? AND reported_at IS NOT NULL",
            (name,),
        )
        return Report(*rows[0]) if rows else None

    def close(self) -> None:
        with self._lock, translated():
            self._db.close()
        super().close()

    def _store(self, name: str, elsewhere: Elsewhere | None) -> Store:
        is_live = partial(self._is_live, name)
        if elsewhere is None:
            return InFiles(self._folder, name, _KINDS[name], is_live)
        return KeptElsewhere(name, elsewhere, CheckpointFiles(self._folder, name, is_live))

    def _is_live(self, name: str, number: int) -> bool:
        found = self._find(name)
        return found is not None and found.live == number

    def _find(self, name: str) -> LiveProjection | None:
        rows = self._rows("SELECT name, live, previous, building FROM projections WHERE name = ?", (name,))
        return LiveProjection(*rows[0]) if rows else None

    def _next(self, name: str) -> int:
        return int(self._rows("SELECT next FROM projections WHERE name = ?", (name,))[0][0])

    def _enter(self, name: str, first: int) -> None:
        self._change(
            "INSERT OR IGNORE INTO projections (name, live, next) VALUES (?, ?, ?)", (name, first, first + 1)
        )

    def _begin(self, name: str, afresh: bool) -> None:
        self._change(
            "UPDATE projections SET building = next, next = next + 1 WHERE name = ? AND (building IS NULL OR ?)",
            (name, afresh),
        )

    def _make_live(self, name: str, live: int, to: int, at: int) -> bool:
        return bool(
            self._change(
                "UPDATE projections SET live = ?, previous = live, building = nullif(building, ?),"
                " swapped_at = ? WHERE name = ? AND live = ?",
                (to, to, at, name, live),
            )
        )

    def _note_swap(self, name: str, at: int) -> None:
        self._change(
            "UPDATE projections SET swapped_at = ?"
            " WHERE name = ? AND previous IS NOT NULL AND swapped_at IS NULL",
            (at, name),
        )

    def _forget_previous(self, name: str, before: int) -> None:
        self._change(
            "UPDATE projections SET previous = NULL"
            " WHERE name = ? AND previous IS NOT NULL AND swapped_at < ?",
            (name, before),
        )

    def _rows(self, statement: str, arguments: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock, translated():
            return self._db.execute(statement, arguments).fetchall()

    def _change(self, statement: str, arguments: tuple[object, ...]) -> int:
        with self._lock, translated():
            return self._db.execute(statement, arguments).rowcount
