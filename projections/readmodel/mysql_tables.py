"""The read tables in a MySQL database: writing them."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from engines.mysql_text import binaries
from projections.readmodel.changes import Change
from projections.readmodel.errors import Misfit
from projections.readmodel.mysql_generation import MySQLGeneration
from projections.readmodel.mysql_schema import indexing
from projections.readmodel.mysql_session import MySQLSession, Result
from projections.readmodel.mysql_tables_audit import drifts, every_row
from projections.readmodel.mysql_tables_purge import purge
from projections.readmodel.mysql_tables_writes import TablesWrites
from projections.readmodel.mysql_writes import Write, send
from projections.readmodel.store import Checkpoint, Drift, Pause, go_on
from projections.readmodel.tables_batch import TablesBatch

_NO_TOKEN = "''"


class MySQLTables(MySQLGeneration):
    """Implements `store.Generation`."""

    def begin(self, changes: Sequence[Change], before: Checkpoint, after: Checkpoint) -> Callable[[], None]:
        return partial(self._apply, TablesBatch(changes), before, after)

    def _apply(self, batch: TablesBatch, before: Checkpoint, after: Checkpoint) -> None:
        # Asked each time: who has it open is not told if it is lost and made anew, with other ids.
        with self._checkpoints.locked(
            before,
            self._checkpoints.select("last_application"),
            f"SELECT token, id, {'app_keys' if batch.keys else 'NULL'} FROM applications_g{self._number}"
            f" WHERE token IN ({binaries(batch.tokens) or _NO_TOKEN})",
        ) as (last, found):
            send(self._checkpoints.session, self._writes(batch, last, found))
            self._checkpoints.commit(after)

    def finish(self) -> None:
        with self._long_session() as session:
            [(indexes,)] = session.rows(
                "SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE()"
                f" AND table_name = 'chats_g{self._number}' AND index_name = 'by_recency'"
            )
            if not indexes:
                session.change(indexing(self._number))

    def purge(self, limit: int) -> int:
        with self._checkpoints.locked(None):
            done = purge(self._checkpoints.session, self._number, limit)
            self._checkpoints.commit()
        return done

    def recount(self, repair: bool, pause: Pause = go_on) -> list[Drift]:
        with self._long_session() as session:
            return drifts(session, self._number, self._checkpoints if repair else None, pause)

    def _rows(self, session: MySQLSession) -> Iterator[tuple[str, bytes]]:
        return every_row(session, self._number)

    def _writes(self, batch: TablesBatch, last: Result, found: Result) -> Iterator[Write]:
        """The statements of the batch, with ids for its new applications."""
        apps = {token.decode(): identity for token, identity, _ in found.rows}
        keys = {token.decode(): text for token, _, text in found.rows}
        [(last_given,)] = last.rows
        new = [token for token in batch.applications if token not in apps]
        apps |= dict(zip(new, range(last_given + 1, last_given + 1 + len(new)), strict=True))
        for token in batch.tokens:
            if token not in apps:
                raise Misfit(f"a change of what is not there: application {token}")
        writes = TablesWrites(self._number, batch, apps, frozenset(new), keys)
        known = {
            key for statement in writes.known_chats() for key in self._checkpoints.session.rows(statement)
        }
        yield from writes.all(known)
        if new:
            yield Write(self._checkpoints.update(f"last_application = {last_given + len(new)}"))
