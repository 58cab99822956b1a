"""What must not be done: events numbered by AUTO_INCREMENT, and read on from the last number that was seen.

A number is given by INSERT and seen by COMMIT, so a transaction that takes longer than a later one shows its
events behind the backs of those who read meanwhile.
"""

from collections.abc import Sequence
from contextlib import closing

from engines.mysql_connection import connect
from projections.readmodel.store import Checkpoint
from tests.support.tail_readers import Seen


def make_table(url: str) -> None:
    """Make the table."""
    with closing(connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE naive (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, event_id BINARY(16) NOT NULL)"
            " ENGINE = InnoDB"
        )


class NaiveAppends:
    """Implements `tail_writers.Appends`; the chats share the one table."""

    def __init__(self, url: str) -> None:
        self._connection = connect(url)

    def begin(self, chats: Sequence[int], ids: Sequence[bytes], padding: int) -> None:  # noqa: ARG002
        with self._connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.executemany("INSERT INTO naive (event_id) VALUES (%s)", [(event_id,) for event_id in ids])

    def commit(self) -> None:
        self._connection.commit()

    def rollback(self) -> None:
        self._connection.rollback()

    def close(self) -> None:
        self._connection.close()


class NaiveReads:
    """Implements `tail_readers.Reads`."""

    def __init__(self, url: str) -> None:
        self._connection = connect(url)

    def read(self, before: Checkpoint, limit: int) -> tuple[list[Seen], Checkpoint]:
        with self._connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, event_id FROM naive WHERE id > %s ORDER BY id LIMIT %s", (before.position, limit)
            )
            seen = [Seen(*row) for row in cursor.fetchall()]
        return seen, Checkpoint("", *seen[-1]) if seen else before

    def close(self) -> None:
        self._connection.close()
