"""The statements that append a batch: one packet from the lock of the head to COMMIT."""

from collections.abc import Iterator, Mapping, Sequence

from engines.mysql_text import binary
from eventstore.log import NewRecord, Writes

_STREAMS = "streams (name, id, version, live, closed)"
_EVENTS = "events (position, stream, version, event_id, topic, state, recorded_at, meta)"
_COMMANDS = "commands (scope, name, fingerprint, position, answer, created_at)"
# VALUES() is deprecated in MySQL, but MariaDB has no other word for it.
_UPDATE = " ON DUPLICATE KEY UPDATE version = VALUES(version), live = VALUES(live), closed = VALUES(closed)"


def append_statements(writes: Writes, ids: Mapping[str, int]) -> list[str]:
    """`ids` are those of the stream rows that are there, and locked; all others are made.

    The server itself adds the head to every position, so that nobody waits for the head while a packet travels;
    LAST_INSERT_ID of the first statement is the new head.
    """
    count = len(writes.events)
    known = [name for name in writes.streams if name in ids]
    new = [name for name in writes.streams if name not in ids]
    numbers = {name: str(identity) for name, identity in ids.items()}
    numbers |= {name: f"@streams + {place}" for place, name in enumerate(new, 1)}
    return [
        f"UPDATE log_head SET position = LAST_INSERT_ID(position + {count}), streams = streams + {len(new)}"
        " WHERE id = 1",
        *([f"SELECT streams - {len(new)} INTO @streams FROM log_head WHERE id = 1"] if new else []),
        # Plain: a row of that name that another process has made meanwhile must be an error.
        *_insert(_STREAMS, _stream_rows(writes, new, numbers)),
        *_insert(_STREAMS, _stream_rows(writes, known, numbers), _UPDATE),
        *_insert(_EVENTS, _event_rows(writes, numbers)),
        *_insert(_COMMANDS, _record_rows(writes.records, count, writes.recorded_at)),
        "COMMIT",
    ]


def _insert(columns: str, rows: Iterator[str], conflict: str = "") -> Iterator[str]:
    if values := ", ".join(rows):
        yield f"INSERT INTO {columns} VALUES {values}{conflict}"


def _stream_rows(writes: Writes, names: Sequence[str], numbers: Mapping[str, str]) -> Iterator[str]:
    for name in names:
        row = writes.streams[name]
        yield f"({binary(name)}, {numbers[name]}, {row.version}, {row.live}, {int(row.closed)})"


def _event_rows(writes: Writes, numbers: Mapping[str, str]) -> Iterator[str]:
    before_last = len(writes.events) - 1
    rest = f", {writes.recorded_at}, "
    topics: dict[str, str] = {}
    for place, (stream, version, event_id, topic, state, meta) in enumerate(writes.events):
        if topic not in topics:
            topics[topic] = binary(topic)
        yield (
            f"(LAST_INSERT_ID() - {before_last - place}, {numbers[stream]}, {version}, x'{event_id.hex()}',"
            f" {topics[topic]}, x'{state.hex()}'{rest}{'NULL' if meta is None else binary(meta)})"
        )


def _record_rows(records: Sequence[NewRecord], count: int, created_at: int) -> Iterator[str]:
    for (scope, name, fingerprint), position, answer in records:
        # Relative ones count down from -1: see `eventstore.log.absolute`.
        place = str(position) if position >= 0 else f"LAST_INSERT_ID() - {count + position}"
        yield (
            f"({binary(scope)}, {binary(name)}, {binary(fingerprint)}, {place}, {binary(answer)}, {created_at})"
        )
