"""Reads of the tables in a MySQL database from an event loop; each thread has a connection of its own."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from projections.readmodel.errors import NotThere, ReadModelUnavailable
from projections.readmodel.mysql_live import Gone, MySQLLive
from projections.readmodel.mysql_questions import AsksMore, SingleQuestion, Snapshot
from projections.readmodel.mysql_session import MySQLSession
from projections.readmodel.mysql_tables_view import MySQLTablesView
from projections.readmodel.reads import MOST_SECONDS
from projections.readmodel.threaded_reads import Job, ThreadedReads
from projections.readmodel.views import TablesView

if TYPE_CHECKING:
    from engines.mysql_connection import MySQL

_ATTEMPTS = 10
_GRACE = 2.0
"""For the server to end a statement that takes too long, before it counts as lost."""


class MySQLReads(ThreadedReads[TablesView]):
    """Implements `reads.OwnedReads` for one event loop."""

    def __init__(
        self, url: str, *, threads: int, most_waiting: int, most_seconds: float = MOST_SECONDS
    ) -> None:
        """More than `most_waiting` are refused; a statement that runs for `most_seconds` is ended."""
        super().__init__(
            "tables",
            lambda: _Answers(url, most_seconds),
            threads=threads,
            most_jobs=1,
            most_waiting=most_waiting,
        )


class _Answers:
    """Implements `threaded_reads.Answers`.

    Most reads ask one question, and a statement is a snapshot in itself: no transaction is ever left open.
    """

    def __init__(self, url: str, most_seconds: float) -> None:
        self._session = MySQLSession(
            url,
            read_seconds=most_seconds + _GRACE,
            prepare=lambda connection: _limit(connection, most_seconds),
        )
        self._live = MySQLLive(self._session, "tables")

    def answer(self, batch: Sequence[Job]) -> int:
        return max(self._attempt(job) for job in batch)

    def close(self) -> None:
        self._session.close()

    def _attempt(self, job: Job) -> int:
        """Answer a job; the position that was seen."""
        if job.future.cancelled():
            return 0
        try:
            job.result, position = self._ask(job)
        except Exception as error:  # noqa: BLE001 - it belongs to the one who asked
            job.error = error
            return 0
        return position

    def _ask(self, job: Job) -> tuple[Any, int]:
        single = SingleQuestion(self._live, job.min_position)
        try:
            return job.query(MySQLTablesView(single)), single.seen or 0
        except AsksMore:
            pass
        for _ in range(_ATTEMPTS):
            try:
                with self._live.snapshot() as position:
                    if position < job.min_position:
                        raise NotThere(job.min_position, position)
                    return job.query(MySQLTablesView(Snapshot(self._live, position))), position
            except Gone:
                continue
        raise ReadModelUnavailable("the live generation of tables changes all the time")


def _limit(connection: "MySQL", seconds: float) -> None:
    """The server itself ends what takes longer: a thread that gives up waiting leaves it running."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT VERSION()")
        [(version,)] = cursor.fetchall()
        if "MariaDB" in version:
            cursor.execute(f"SET SESSION max_statement_time = {seconds}")
        else:
            cursor.execute(f"SET SESSION max_execution_time = {int(seconds * 1000)}")
