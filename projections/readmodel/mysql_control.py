"""The registry of generations in a MySQL database."""

import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager

from engines.mysql_text import quoted
from projections.readmodel.elsewhere import Elsewhere
from projections.readmodel.mysql_checkpoints import Holds
from projections.readmodel.mysql_locks import MySQLLocks
from projections.readmodel.mysql_schema import prepare, require
from projections.readmodel.mysql_session import MySQLSession, Rows
from projections.readmodel.mysql_stores import CheckpointRows, InTables
from projections.readmodel.registry import Registry
from projections.readmodel.store import LiveProjection, Report
from projections.readmodel.stores import KeptElsewhere, Store


class MySQLControl(Registry):
    """Implements `store.OwnedControl` over a database.

    Whoever has a lock that the server has given away meanwhile is told so by what he asks next.
    """

    def __init__(
        self,
        url: str,
        elsewhere: Mapping[str, Elsewhere] | None = None,
        secret: bytes | None = None,
        *,
        makes: bool = True,
    ) -> None:
        """`elsewhere` are the projections that are not kept in tables here; they are closed with this. `makes`: the
        registry's tables are made or upgraded first; else they must be this program's.

        Whoever knows the `secret` has opened it before: then nothing is asked of the server yet. Else raises
        ReadModelUnavailable, WrongFormat.
        """
        if secret is None:
            (prepare if makes else require)(url)
        self._locks = MySQLLocks(url)
        self._holds = Holds()
        stores: dict[str, Store] = {
            "tables": InTables(url, CheckpointRows(url, "tables", self._locks, self._holds))
        }
        for name, store in (elsewhere or {}).items():
            stores[name] = KeptElsewhere(name, store, CheckpointRows(url, name, self._locks, self._holds))
        super().__init__(stores)
        self._session = MySQLSession(url)
        self._lock = threading.Lock()
        self._secret: bytes = secret or self._rows("SELECT bytes FROM secret")[0][0]

    @property
    def secret(self) -> bytes:
        return self._secret

    def exclusively(self, name: str) -> AbstractContextManager[bool]:
        return self._locks.exclusively(name)

    def report(self, name: str, *, position: int, head: int, error: str | None) -> None:
        self._change(
            f"UPDATE projections SET position = {position}, head = {head}, error = {quoted(error)},"
            f" reported_at = {time.time_ns() // 1000} WHERE name = {quoted(name)}"
        )

    def reported(self, name: str) -> Report | None:
        rows = self._rows(
            "SELECT position, head, error, reported_at FROM projections"
            f" WHERE name = {quoted(name)} AND reported_at IS NOT NULL"
        )
        return Report(*rows[0]) if rows else None

    def close(self) -> None:
        with self._lock:
            self._session.close()
        super().close()

    def _find(self, name: str) -> LiveProjection | None:
        rows = self._rows(
            f"SELECT name, live, previous, building FROM projections WHERE name = {quoted(name)}"
        )
        return LiveProjection(*rows[0]) if rows else None

    def _next(self, name: str) -> int:
        return int(self._rows(f"SELECT next FROM projections WHERE name = {quoted(name)}")[0][0])

    def _enter(self, name: str, first: int) -> None:
        self._change(
            f"INSERT IGNORE INTO projections (name, live, next) VALUES ({quoted(name)}, {first}, {first + 1})"
        )

    def _begin(self, name: str, afresh: bool) -> None:
        wherever = "" if afresh else " AND building IS NULL"
        # Assignments are made from left to right.
        self._change(
            f"UPDATE projections SET building = next, next = next + 1 WHERE name = {quoted(name)}{wherever}"
        )

    def _make_live(self, name: str, live: int, to: int, at: int) -> bool:
        flip = (
            f"UPDATE projections SET previous = live, live = {to}, building = NULLIF(building, {to})"
            f" WHERE name = {quoted(name)} AND live = {live}"
        )
        note = (
            f"REPLACE INTO swaps SELECT name, {at} FROM projections"
            f" WHERE name = {quoted(name)} AND live = {to} AND previous = {live}"
        )
        self._locks.check()
        holding = self._holds.of(name, live)
        if holding is None:
            with self._lock:
                _, flipped, *_ = self._session.packet(["BEGIN", flip, note, "COMMIT"])
        else:
            flipped, *_ = holding.packet([flip, note, "COMMIT"])
        return bool(flipped.changed)

    def _note_swap(self, name: str, at: int) -> None:
        self._change(
            f"INSERT IGNORE INTO swaps SELECT name, {at} FROM projections"
            f" WHERE name = {quoted(name)} AND previous IS NOT NULL"
        )

    def _forget_previous(self, name: str, before: int) -> None:
        self._change(
            "UPDATE projections p JOIN swaps s ON s.name = p.name SET p.previous = NULL"
            f" WHERE p.name = {quoted(name)} AND s.swapped_at < {before}"
        )

    def _rows(self, statement: str) -> Rows:
        self._locks.check()
        with self._lock:
            return self._session.rows(statement, repeatable=True)

    def _change(self, statement: str) -> int:
        self._locks.check()
        with self._lock:
            return self._session.change(statement)
