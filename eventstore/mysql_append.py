"""The statements that append a batch: one packet from the lock of the head to COMMIT."""

from collections.abc import Iterator, Mapping, Sequence

from eventstore.log import NewRecord, Writes
from eventstore.mysql_text import binary

HEAD_AT = 1
"""The place of the statement whose LAST_INSERT_ID is the new head."""


def append_statements(writes: Writes, ids: Mapping[str, int]) -> list[str]:
    """`ids` are those of the stream rows that are there, and locked; all others are made.

    The server itself adds the head to every position, so that nobody waits for the head while a packet travels.
    """
    new = [name for name in writes.streams if name not in ids]
    numbers = {name: str(identity) for name, identity in ids.items()}
    numbers |= {name: f"@streams + {place}" for place, name in enumerate(new, 1)}
    return [
        "SELECT position, streams INTO @position, @streams FROM log_head WHERE id = 1 FOR UPDATE",
        f"UPDATE log_head SET position = LAST_INSERT_ID(@position + {len(writes.events)}),"
        f" streams = @streams + {len(new)} WHERE id = 1",
        # Plain: a row of that name that another process has made meanwhile must be an error.
        *_insert(_STREAMS, _stream_rows(writes, new, numbers)),
        *_insert(_STREAMS, _stream_rows(writes, [n for n in writes.streams if n in ids], numbers), _UPDATE),
        *_insert(_EVENTS, _event_rows(writes, numbers)),
        *_insert(_COMMANDS, _record_rows(writes.records, writes.recorded_at)),
        "COMMIT",
    ]


_STREAMS = "streams (name, id, version, live, closed)"
# VALUES() is deprecated in MySQL, but MariaDB has no other word for it.
_UPDATE = " ON DUPLICATE KEY UPDATE version = VALUES(version), live = VALUES(live), closed = VALUES(closed)"
_EVENTS = "events (position, stream, version, event_id, topic, state, recorded_at)"
_COMMANDS = "commands (scope, name, fingerprint, position, answer, created_at)"


def _insert(columns: str, rows: Iterator[str], conflict: str = "") -> Iterator[str]:
    if values := ", ".join(rows):
        yield f"INSERT INTO {columns} VALUES {values}{conflict}"


def _stream_rows(writes: Writes, names: Sequence[str], numbers: Mapping[str, str]) -> Iterator[str]:
    for name in names:
        row = writes.streams[name]
        yield f"({binary(name)}, {numbers[name]}, {row.version}, {row.live}, {int(row.closed)})"


def _event_rows(writes: Writes, numbers: Mapping[str, str]) -> Iterator[str]:
    for place, (stream, version, event_id, topic, state) in enumerate(writes.events, 1):
        yield (
            f"(@position + {place}, {numbers[stream]}, {version}, x'{event_id.hex()}', {binary(topic)},"
            f" x'{state.hex()}', {writes.recorded_at})"
        )


def _record_rows(records: Sequence[NewRecord], created_at: int) -> Iterator[str]:
    for (scope, name, fingerprint), position, answer in records:
        # Relative ones count down from -1: see `eventstore.log.absolute`.
        place = str(position) if position >= 0 else f"@position + {-position}"
        yield (
            f"({binary(scope)}, {binary(name)}, {binary(fingerprint)}, {place}, {binary(answer)}, {created_at})"
        )
