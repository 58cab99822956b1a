"""Reads of the tables in a MySQL database from an event loop; each thread has a connection of its own."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from projections.readmodel.errors import NotThere, ReadModelUnavailable, ReadModelUnreachable
from projections.readmodel.mysql_live import Gone, MySQLLive
from projections.readmodel.mysql_questions import Question, Unanswered
from projections.readmodel.mysql_session import MySQLSession
from projections.readmodel.mysql_tables_view import MySQLTablesView
from projections.readmodel.reads import MOST_SECONDS
from projections.readmodel.threaded_reads import Job, ThreadedReads
from projections.readmodel.views import TablesView

if TYPE_CHECKING:
    from engines.mysql_connection import MySQL

_TOGETHER = 8
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
            most_jobs=_TOGETHER,
            most_waiting=most_waiting,
        )


class _Answers:
    """Implements `threaded_reads.Answers`.

    A read asks one question, and a statement is a snapshot in itself: no transaction is ever left open. The questions
    of a batch go in one packet, since to be woken for each costs more than what is done then.
    """

    def __init__(self, url: str, most_seconds: float) -> None:
        self._session = MySQLSession(
            url,
            read_seconds=most_seconds + _GRACE,
            prepare=lambda connection: _limit(connection, most_seconds),
        )
        self._live = MySQLLive(self._session, "tables")

    def answer(self, batch: Sequence[Job]) -> int:
        asked = [(job, question) for job in batch if (question := self._question(job))]
        try:
            if len(asked) > 1 and self._together([question for _, question in asked]):
                return max(_finish(job, question) for job, question in asked)
        except ReadModelUnreachable as error:
            for job, _ in asked:
                job.error = error
            return 0
        return max((self._alone(job, question) for job, question in asked), default=0)

    def close(self) -> None:
        self._session.close()

    def _question(self, job: Job) -> Question | None:
        """What the job asks; None if that is nothing, or nobody waits for it."""
        if job.future.cancelled():
            return None
        question = Question(self._live)
        try:
            job.result = job.query(MySQLTablesView(question))
        except Unanswered:
            return question
        except Exception as error:  # noqa: BLE001 - it belongs to the one who asked
            job.error = error
        return None

    def _together(self, questions: Sequence[Question]) -> bool:
        """Have all answered at one go; False if one of them keeps the others from it.

        Raises ReadModelUnreachable, which has nothing to do with any of them.
        """
        try:
            answers = self._live.ask_together([(one.statement, one.told) for one in questions])
        except ReadModelUnreachable:
            raise
        except (Gone, ReadModelUnavailable):
            return False
        for question, answer in zip(questions, answers, strict=True):
            question.rows, question.seen = answer
        return True

    def _alone(self, job: Job, question: Question) -> int:
        """Answer a job; the position that was seen."""
        # Those before it took their time.
        if job.future.cancelled():
            return 0
        try:
            question.rows, question.seen = self._live.ask(question.statement, question.told)
        except ReadModelUnavailable as error:
            job.error = error
            return 0
        return _finish(job, question)


def _finish(job: Job, question: Question) -> int:
    """Let the job have its answer; the position that was seen."""
    if question.seen < job.min_position:
        job.error = NotThere(job.min_position, question.seen)
        return question.seen
    try:
        job.result = job.query(MySQLTablesView(question))
    except Exception as error:  # noqa: BLE001 - it belongs to the one who asked
        job.error = error
    return question.seen


def _limit(connection: "MySQL", seconds: float) -> None:
    """The server itself ends what takes longer: a thread that gives up waiting leaves it running."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT VERSION()")
        [(version,)] = cursor.fetchall()
        if "MariaDB" in version:
            cursor.execute(f"SET SESSION max_statement_time = {seconds}")
        else:
            cursor.execute(f"SET SESSION max_execution_time = {int(seconds * 1000)}")
