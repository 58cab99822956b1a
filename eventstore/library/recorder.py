"""What all recorders share: a database, the tables of one application, and whom to wake."""

from collections.abc import Iterator
from contextlib import contextmanager

from eventstore.library.bell import Bell
from eventstore.library.database import Database
from eventstore.library.originators import OriginatorIds
from eventstore.library.session import Session
from eventstore.library.tables import Tables


class LibraryRecorder:
    """`name` is the application's; each has tables of its own."""

    def __init__(
        self,
        database: Database,
        name: str,
        ids: OriginatorIds = OriginatorIds.AS_UUID,
        purpose: str = "events",
    ) -> None:
        self.database = database
        self.tables = Tables(name)
        self.ids = ids
        self.purpose = purpose
        self.bell = Bell()

    def create_statements(self) -> list[str]:
        """What makes the recorder's tables; a view adds its own. Each must do nothing the second time."""
        return []

    def create_table(self) -> None:
        """Make the tables that are missing; safe for two at once."""
        self.database.create(self.create_statements())

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A transaction, after whose commit those are woken who wait on this recorder."""
        with self.database.transaction() as session:
            yield session
        self.bell.ring()
