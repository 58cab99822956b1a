"""The statements that lock a batch's stream rows, and what they give."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from engines.mysql_text import binaries
from eventstore.log import StreamState

# All rows as one: PyMySQL takes ten microseconds for a row and the database none. `HEX` because a name may hold
# any byte.
_SELECT = (
    "SELECT GROUP_CONCAT(CONCAT_WS(' ', HEX(name), id, version, live, closed)) FROM streams"
    " FORCE INDEX (PRIMARY) WHERE name IN "
)

# `FOR SHARE` is MySQL's alone, this one both understand.
_MODES = {True: "FOR UPDATE", False: "LOCK IN SHARE MODE"}


def locking(exclusive: frozenset[str], shared: frozenset[str]) -> Iterator[str]:
    """Statements that lock the rows in the order of their names, so that two batches can't wait for each other.

    The index is walked in order within a statement; a change of mode needs another statement.
    """
    names = sorted(name.encode() for name in exclusive | shared)
    writes = {name.encode() for name in exclusive}
    for mode, run in groupby(names, writes.__contains__):
        yield f"{_SELECT}({binaries(run)}) {_MODES[mode]}"


def looking(names: Iterable[str]) -> str:
    """A statement that looks at rows without a lock."""
    return f"{_SELECT}({binaries(names)})"


def stream_rows(found: str | None) -> Iterator[tuple[str, int, StreamState]]:
    """(name, id, row) of what such a statement gave."""
    if found is not None:
        for row in found.split(","):
            name, identity, version, live, closed = row.split(" ")
            yield (
                bytes.fromhex(name).decode(),
                int(identity),
                StreamState(int(version), int(live), closed == "1"),
            )
