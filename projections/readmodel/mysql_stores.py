"""The tables of generations, and the rows of the checkpoints of those that are kept elsewhere, in a database."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from engines.mysql_text import quoted
from projections.readmodel.mysql_checkpoints import Holds, MySQLCheckpoints
from projections.readmodel.mysql_locks import Change, MySQLLocks
from projections.readmodel.mysql_schema import making, number_of, tables_of, upgrading
from projections.readmodel.mysql_session import LONG_SECONDS, READ_SECONDS, MySQLSession
from projections.readmodel.mysql_tables import MySQLTables
from projections.readmodel.store import Generation
from projections.readmodel.stores import SCRATCH


class CheckpointRows:
    """Implements `stores.Keeper`: rows of `generations`. Safe for many threads."""

    def __init__(self, url: str, name: str, locks: MySQLLocks, holds: Holds) -> None:
        self._url = url
        self._name = name
        self._locks = locks
        self._holds = holds

    def kept(self, number: int) -> bool:
        with asking(self._url) as session:
            return bool(session.rows(f"SELECT 1 FROM generations WHERE {self._which} AND number = {number}"))

    def make(self, number: int) -> None:
        with asking(self._url) as session:
            session.change(self.making(number))

    def making(self, number: int) -> str:
        """The statement that makes one, if it is not there."""
        return f"INSERT IGNORE INTO generations (name, number) VALUES ({quoted(self._name)}, {number})"

    def removing(self, number: int) -> str:
        """The statement that removes it, if it is there."""
        return f"DELETE FROM generations WHERE {self._which} AND number = {number}"

    def numbers(self) -> list[int]:
        with asking(self._url) as session:
            found = session.rows(
                f"SELECT number FROM generations WHERE {self._which} AND number <> {SCRATCH}"
            )
        return [number for (number,) in found]

    def remove(self, number: int) -> None:
        with asking(self._url) as session:
            session.change(self.removing(number))

    def open(
        self, number: int, *, must_be_live: bool, afterwards: ExitStack | None = None
    ) -> MySQLCheckpoints:
        return MySQLCheckpoints(
            self._url, self._name, number, self._holds, must_be_live=must_be_live, afterwards=afterwards
        )

    def alone(self) -> AbstractContextManager[Change]:
        """As the port says; gives what makes changes that nobody can make who is not alone any more."""
        return self._locks.patiently(f"make-{self._name}")

    @property
    def _which(self) -> str:
        return f"name = {quoted(self._name)}"


class InTables:
    """Implements `stores.Store`: a generation is its tables, and its row, which is made last and removed first."""

    def __init__(self, url: str, rows: CheckpointRows) -> None:
        self._url = url
        self._checkpoints = rows

    def there(self, number: int) -> bool:
        return self._checkpoints.kept(number) and set(tables_of(number)) <= self._tables()

    def make(self, number: int, *, bulk: bool = False) -> None:
        with self._checkpoints.alone() as change:
            if self.there(number):
                return
            # What is left of it is of no use, be it half made or half lost.
            for statement in [*self._removing(number), *making(number, bulk=bulk)]:
                change(statement)
            change(self._checkpoints.making(number))

    def upgrade(self, number: int) -> None:
        # Most find nothing to do, and may lack the right to change tables.
        if self._has_keys(number):
            return
        with self._checkpoints.alone() as change:
            # Another process may have done it between the look and the lock.
            if not self._has_keys(number):
                change(upgrading(number))

    def numbers(self) -> list[int]:
        found = {number for table in self._tables() if (number := number_of(table)) is not None}
        return sorted({*found, *self._checkpoints.numbers()} - {SCRATCH})

    def first_free(self) -> int:
        return 1 + max(self.numbers(), default=0)

    def remove(self, number: int) -> None:
        # It waits for whoever reads of them, and takes as long as a file system takes for large files.
        with asking(self._url, LONG_SECONDS) as session:
            for statement in self._removing(number):
                session.change(statement)

    def open(self, number: int, *, must_be_live: bool, afterwards: ExitStack | None = None) -> Generation:
        return MySQLTables(
            self._url,
            number,
            self._checkpoints.open(number, must_be_live=must_be_live, afterwards=afterwards),
        )

    def close(self) -> None:
        """Nothing is open."""

    def _has_keys(self, number: int) -> bool:
        """Whether there is the column that tables of older programs lack."""
        with asking(self._url) as session:
            found = session.rows(
                "SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE()"
                f" AND table_name = 'applications_g{number}' AND column_name = 'app_keys'"
            )
        return bool(found)

    def _removing(self, number: int) -> list[str]:
        return [
            self._checkpoints.removing(number),
            f"DROP TABLE IF EXISTS {', '.join(tables_of(number))}",
        ]

    def _tables(self) -> set[str]:
        """Those of all generations, and others."""
        with asking(self._url) as session:
            found = session.rows(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
            )
        return {name for (name,) in found}


@contextmanager
def asking(url: str, seconds: float = READ_SECONDS) -> Iterator[MySQLSession]:
    """A session for what is seldom asked; an answer may take so long."""
    session = MySQLSession(url, read_seconds=seconds)
    try:
        yield session
    finally:
        session.close()
