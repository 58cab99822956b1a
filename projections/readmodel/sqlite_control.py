"""The registry of generations in a data folder."""

import logging
import secrets
import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

from projections.readmodel import file_locks
from projections.readmodel.elsewhere import Elsewhere
from projections.readmodel.errors import Fenced, ReadModelUnavailable
from projections.readmodel.sqlite_files import connect, make, translated
from projections.readmodel.sqlite_generation import SQLiteGeneration
from projections.readmodel.sqlite_search import SQLiteSearch
from projections.readmodel.sqlite_stores import SCRATCH, InFiles, KeptElsewhere, SQLiteStore
from projections.readmodel.sqlite_tables import SQLiteTables
from projections.readmodel.store import Generation, LiveProjection, Report

logger = logging.getLogger(__name__)

_KINDS: dict[str, type[SQLiteGeneration]] = {"tables": SQLiteTables, "search": SQLiteSearch}


def control_path(folder: Path) -> Path:
    """The registry's own file."""
    return folder / "control.db"


class SQLiteControl:
    """Implements `store.Control` over a folder; makes what is not there."""

    def __init__(self, folder: Path, elsewhere: Mapping[str, Elsewhere] | None = None) -> None:
        """`elsewhere` are the projections that are not kept in files here; they are closed with this."""
        self._folder = folder
        self._stores: dict[str, SQLiteStore] = {
            name: InFiles(folder, name, kind) for name, kind in _KINDS.items()
        } | {name: KeptElsewhere(folder, name, store) for name, store in (elsewhere or {}).items()}
        make(
            control_path(folder),
            "sqlite_control",
            ("INSERT INTO secret (bytes) VALUES (?)", (secrets.token_bytes(32),)),
        )
        # FULL: what is live must not be forgotten, while a generation's lost tail is only folded again.
        self._db = connect(control_path(folder), synchronous="FULL")
        self._lock = threading.Lock()
        self._secret: bytes = self._rows("SELECT bytes FROM secret")[0][0]

    @property
    def secret(self) -> bytes:
        return self._secret

    def projection(self, name: str) -> LiveProjection:
        while not (found := self._find(name)):
            first = self._stores[name].first_free()
            self._stores[name].make(first)
            self._change(
                "INSERT OR IGNORE INTO projections (name, live, next) VALUES (?, ?, ?)",
                (name, first, first + 1),
            )
        return found

    def generation(self, name: str, number: int, *, must_be_live: bool) -> Generation:
        known = self.projection(name)
        if number not in known[1:]:
            raise Fenced(f"{name} has no generation {number} now: {known}")
        store = self._stores[name]
        if not store.there(number):
            if number == known.live and (last := self.reported(name)) and last.position:
                logger.warning(
                    "generation %d of %s is gone: it is folded again from the log, up to %d",
                    number,
                    name,
                    last.position,
                )
            store.make(number)
        return store.open(number, (lambda: self._is_live(name, number)) if must_be_live else None)

    def start_building(self, name: str, *, afresh: bool = False) -> int:
        self.projection(name)
        self._change(
            "UPDATE projections SET building = next, next = next + 1 WHERE name = ? AND (building IS NULL OR ?)",
            (name, afresh),
        )
        building = self.projection(name).building
        if building is None:
            raise Fenced(f"another replay of {name} has just ended")
        return building

    def flip(self, name: str, live: int, to: int) -> None:
        # Whoever opens what is live makes what is missing, empty: readers would go back to the first fact.
        if not self._stores[name].there(to):
            raise Fenced(f"generation {to} of {name} is not there")
        done = self._change(
            "UPDATE projections SET live = ?, previous = live, building = nullif(building, ?)"
            " WHERE name = ? AND live = ?",
            (to, to, name, live),
        )
        if not done:
            raise Fenced(f"generation {live} of {name} is not the live one")

    def drop_old(self, name: str) -> list[int]:
        # The files before the registry: the other way round, what a replay begins between the two looks old.
        there = self._stores[name].numbers()
        kept = [number for number in self.projection(name)[1:] if number is not None]
        # The highest number that was ever given out is always among the kept; a file beyond it is the next one's.
        old = sorted(number for number in there if number not in kept and number < max(kept))
        for number in old:
            self._stores[name].remove(number)
        return old

    def scratch(self, name: str) -> Generation:
        with ExitStack() as stack:
            if not stack.enter_context(self.exclusively(f"{name}_scratch")):
                raise ReadModelUnavailable(f"another process has the scratch generation of {name}")
            store = self._stores[name]
            store.remove(SCRATCH)
            store.make(SCRATCH)
            stack.callback(store.remove, SCRATCH)
            generation = store.open(SCRATCH, None, afterwards := ExitStack())
            afterwards.push(stack.pop_all())
            return generation

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
        for store in self._stores.values():
            store.close()

    def _is_live(self, name: str, number: int) -> bool:
        found = self._find(name)
        return found is not None and found.live == number

    def _find(self, name: str) -> LiveProjection | None:
        rows = self._rows("SELECT name, live, previous, building FROM projections WHERE name = ?", (name,))
        return LiveProjection(*rows[0]) if rows else None

    def _rows(self, statement: str, arguments: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock, translated():
            return self._db.execute(statement, arguments).fetchall()

    def _change(self, statement: str, arguments: tuple[object, ...]) -> int:
        with self._lock, translated():
            return self._db.execute(statement, arguments).rowcount
