"""The row of a generation in the registry's tables: its checkpoint, and the lock of all that is in it."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from engines.mysql_text import binary, quoted
from projections.readmodel.errors import Fenced, ReadModelUnavailable
from projections.readmodel.mysql_session import MySQLSession, Result
from projections.readmodel.store import Checkpoint

IDLE_SECONDS = 10
"""How long a frozen follower can keep others from a generation."""
HOLD_SECONDS = 60
"""The same for a frozen replay, which writes to another generation meanwhile."""
_COLUMNS = "log_id, position, event_id"


class Holds:
    """The sessions on which each thread holds generations now, by projection and number.

    What is changed of a held one must be changed on the session that holds it: another would wait for it. So is the
    flip: it can't be made if the hold was lost.
    """

    def __init__(self) -> None:
        self._mine = threading.local()

    def of(self, name: str, number: int) -> MySQLSession | None:
        """What holds that generation for this thread."""
        return self._held().get((name, number))

    @contextmanager
    def held(self, name: str, number: int, session: MySQLSession) -> Iterator[None]:
        """`session` holds it, for this thread."""
        self._held()[name, number] = session
        try:
            yield
        finally:
            del self._held()[name, number]

    def _held(self) -> dict[tuple[str, int], MySQLSession]:
        held: dict[tuple[str, int], MySQLSession] = self._mine.__dict__.setdefault("held", {})
        return held


class MySQLCheckpoints:
    """Implements `elsewhere.Checkpoints`."""

    def __init__(
        self,
        url: str,
        name: str,
        number: int,
        holds: Holds,
        *,
        must_be_live: bool,
        afterwards: ExitStack | None = None,
    ) -> None:
        """`close` closes `afterwards`, too."""
        self.session = MySQLSession(url, idle_seconds=IDLE_SECONDS)
        self._url = url
        self._name = name
        self._number = number
        self._holds = holds
        self._must_be_live = must_be_live
        self._afterwards = afterwards or ExitStack()
        self._where = f"WHERE name = {quoted(name)} AND number = {number}"

    def get(self, snapshot: MySQLSession | None = None) -> Checkpoint:
        """As the port says; or how far it is in the snapshot that is open in a session."""
        if snapshot is not None:
            return self._found(snapshot.packet([self.select(_COLUMNS)])[0])
        return self._found(self.session.packet([self.select(_COLUMNS)], repeatable=True)[0])

    def move(self, before: Checkpoint, after: Checkpoint) -> None:
        with self.locked(before):
            self.commit(after)

    def begin_again_if(self, lost: Callable[[], bool]) -> None:
        with self.locked(None):
            self.commit(Checkpoint() if lost() else None)

    def searchable(self) -> int:
        [(position,)] = self.session.rows(self.select("searchable"), repeatable=True) or [(0,)]
        return int(position)

    def now_searchable(self, position: int) -> None:
        holding = self._holds.of(self._name, self._number)
        session = holding or self.session
        # A refresh may take longer than the server bears silence. Twice is as good as once, unless a hold is lost.
        shown = self.update(f"searchable = GREATEST(searchable, LEAST({position}, position))")
        session.packet([shown], repeatable=holding is None)

    @contextmanager
    def hold(self) -> Iterator[None]:
        session = MySQLSession(self._url, idle_seconds=HOLD_SECONDS)
        try:
            self._lock(session, ())
            with self._holds.held(self._name, self._number, session):
                yield
        finally:
            session.close()

    @contextmanager
    def locked(self, before: Checkpoint | None, *more: str) -> Iterator[list[Result]]:
        """A transaction in which nobody else changes the generation, and what `more` statements give in it.

        To be ended by `commit`; an exception rolls it back. Raises Fenced if the generation is not at `before`, or
        if it must be live and is not; None: wherever it is, live or not.
        """
        try:
            found, live, results = self._lock(self.session, more)
            if before is not None and self._must_be_live and live != self._number:
                raise Fenced(f"generation {self._number} is no longer the live one")
            if before is not None and found != before:
                raise Fenced(f"the checkpoint is {found}, expected was {before}")
            yield results
        except BaseException:
            self.session.roll_back()
            raise

    def commit(self, after: Checkpoint | None = None) -> None:
        """Move the checkpoint, and commit what is locked."""
        moves = [] if after is None else [self._move(after)]
        self.session.packet([*moves, "COMMIT"])

    def update(self, assignment: str) -> str:
        """A statement that changes a column of the row."""
        return f"UPDATE generations SET {assignment} {self._where}"

    def close(self) -> None:
        self.session.close()
        self._afterwards.close()

    def _lock(self, session: MySQLSession, more: Sequence[str]) -> tuple[Checkpoint, int, list[Result]]:
        """How far it is, which one is live, and what `more` statements give."""
        # What is live is read by a statement of its own, after the lock is given: a replay flips while it holds.
        _, locked, live, *results = session.packet(
            [
                "BEGIN",
                f"{self.select(_COLUMNS)} FOR UPDATE",
                f"SELECT live FROM projections WHERE name = {quoted(self._name)}",
                *more,
            ],
            repeatable=True,
        )
        return self._found(locked), live.rows[0][0] if live.rows else 0, results

    def _found(self, result: Result) -> Checkpoint:
        if not result.rows:
            raise ReadModelUnavailable(f"generation {self._number} of {self._name} is gone")
        return Checkpoint(*result.rows[0])

    def select(self, columns: str) -> str:
        """A statement that gives columns of the row."""
        return f"SELECT {columns} FROM generations {self._where}"

    def _move(self, after: Checkpoint) -> str:
        return self.update(
            f"log_id = {quoted(after.log_id)}, position = {after.position}, event_id = {binary(after.event_id)},"
            f" searchable = LEAST(searchable, {after.position})"
        )
