"""The tables of one application: their names, and the statements that make them."""

import re
from collections.abc import Mapping

from eventsourcing.persistence import ProgrammingError

_NAME = re.compile(r"[a-z0-9_-]+")
# What MySQL allows.
_LONGEST = 64


class Tables:
    """All names begin with `library_` and the application's name, so that they never meet Parley's own."""

    def __init__(self, application: str) -> None:
        self._application = application.lower() or "stored"

    def table(self, suffix: str) -> str:
        """The quoted name of a table. Raises ProgrammingError for a name that an engine could mistake."""
        name = f"library_{self._application}_{suffix}"
        if not _NAME.fullmatch(name) or len(name) > _LONGEST:
            raise ProgrammingError(
                f"no table can be called {name!r}: the application's name needs letters, digits, _ or - of ASCII,"
                f" and {_LONGEST} characters must be enough for all of it"
            )
        return f"`{name}`"

    @property
    def events(self) -> str:
        return self.table("events")

    @property
    def head(self) -> str:
        """One row, whose lock puts all commits of the application in one order."""
        return self.table("head")

    @property
    def tracking(self) -> str:
        return self.table("tracking")


def create_aggregate_events(table: str, types: Mapping[str, str]) -> str:
    """Events that are read by their aggregate only: snapshots, for one."""
    return (
        f"CREATE TABLE IF NOT EXISTS {table} (originator_id {types['key']} NOT NULL,"
        f" originator_version {types['integer']} NOT NULL, topic {types['key']} NOT NULL,"
        f" state {types['blob']} NOT NULL, PRIMARY KEY (originator_id, originator_version)) {types['options']}"
    )


def create_application_events(table: str, types: Mapping[str, str]) -> str:
    """Events with a position in their application."""
    return (
        f"CREATE TABLE IF NOT EXISTS {table} (position {types['integer']} NOT NULL PRIMARY KEY,"
        f" originator_id {types['key']} NOT NULL, originator_version {types['integer']} NOT NULL,"
        f" topic {types['key']} NOT NULL, state {types['blob']} NOT NULL,"
        f" UNIQUE (originator_id, originator_version)) {types['options']}"
    )


def create_head(table: str, types: Mapping[str, str]) -> tuple[str, str]:
    """The table, and its row."""
    return (
        f"CREATE TABLE IF NOT EXISTS {table} (id {types['integer']} NOT NULL PRIMARY KEY CHECK (id = 1),"
        f" position {types['integer']} NOT NULL) {types['options']}",
        # Both engines know REPLACE, but that would set an old head back.
        f"{types['insert or ignore']} INTO {table} (id, position) VALUES (1, 0)",
    )


def create_tracking(table: str, types: Mapping[str, str]) -> str:
    """The last notification of each upstream application that was processed."""
    return (
        f"CREATE TABLE IF NOT EXISTS {table} (application_name {types['key']} NOT NULL PRIMARY KEY,"
        f" notification_id {types['integer']} NOT NULL) {types['options']}"
    )
