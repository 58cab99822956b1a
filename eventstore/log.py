"""The port of the log: what every engine must do, in the words of the domain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

READ_BYTES = 2 << 20
"""How much `state` one read of the log gives, more or less: what is made of it takes many times as much."""


class Recorded(NamedTuple):
    """One event as it stands in the log.

    `position` counts all events from 1 without a gap, in commit order; `version` those of its stream.
    `recorded_at` is microseconds since 1970, for lag only: order is by position. `meta` is no part of the fact: see
    `eventstore.origin`.
    """

    position: int
    stream: str
    version: int
    event_id: bytes
    topic: str
    state: bytes
    recorded_at: int
    meta: bytes | None = None


class StreamState(NamedTuple):
    """A stream row: the version of its last event, how many things live below, and whether it is closed."""

    version: int = 0
    live: int = 0
    closed: bool = False


class FactRef(NamedTuple):
    """Points at one event of a stream: at `version`, or at its last event if that is None."""

    stream: str
    version: int | None = None


class CommandKey(NamedTuple):
    """An idempotency key: unique within its scope, bound to one request by the fingerprint."""

    scope: str
    key: str
    fingerprint: bytes


class CommandRecord(NamedTuple):
    """What is kept of the first answer to a key: `position` is the answer's last event."""

    fingerprint: bytes
    position: int
    answer: bytes


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a batch needs to see: rows it writes, holds still, or only looks at; keys and events."""

    exclusive: frozenset[str]
    shared: frozenset[str]
    peek: frozenset[str]
    keys: frozenset[tuple[str, str]]
    refs: frozenset[FactRef]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was there when the batch's rows were locked; a stream that is missing has no row yet."""

    streams: Mapping[str, StreamState]
    records: Mapping[tuple[str, str], CommandRecord]
    events: Mapping[FactRef, Recorded]


class NewEvent(NamedTuple):
    """An event to append; its position is the batch's first plus its place in the batch."""

    stream: str
    version: int
    event_id: bytes
    topic: str
    state: bytes
    meta: bytes | None = None


class NewRecord(NamedTuple):
    """A key to keep; `position` is absolute, or -(place in the batch + 1)."""

    key: CommandKey
    position: int
    answer: bytes


def absolute(position: int, first: int) -> int:
    """The position in the log of what may still be -(place in the batch + 1)."""
    return position if position >= 0 else first - position - 1


@dataclass(slots=True)
class Writes:
    """All that one transaction appends. `streams` are the rows as they stand afterwards."""

    recorded_at: int
    events: list[NewEvent] = field(default_factory=list)
    streams: dict[str, StreamState] = field(default_factory=dict)
    records: list[NewRecord] = field(default_factory=list)


class LogWriter(Protocol):
    """Appends batches; belongs to one thread.

    `load` opens a transaction that `commit` or `rollback` ends. Every method may raise LogUnavailable, and those
    that take locks LogContended, after which nothing is written and no transaction is open.
    """

    def load(self, footprint: Footprint) -> Loaded:
        """Lock the rows in sorted order, exclusive ones for writing; read what the footprint names."""

    def peek(self, names: Sequence[str]) -> Mapping[str, StreamState]:
        """More stream rows, inside the open transaction."""

    def commit(self, writes: Writes) -> int:
        """Append and make durable; the position of the batch's first event (the head, if there is none).

        Raises LogConflict (nothing written) or OutcomeUnknown (see `settle`).
        """

    def rollback(self) -> None:
        """End the transaction that `load` opened without a trace."""

    def settle(self, event: NewEvent) -> int | None:
        """After OutcomeUnknown: the event's position if it is in the log, else None, and then for good.

        LogUnavailable and LogContended leave it unknown; to be called again.
        """

    def expire_keys(self, before: int, limit: int) -> int:
        """Forget at most `limit` command records made before that time (microseconds); how many they were."""

    def close(self) -> None:
        """Give the connection back; an open transaction is rolled back."""


class Log(Protocol):
    """Reads the log; safe for many threads. Every method may raise LogUnavailable."""

    @property
    def log_id(self) -> str:
        """Names this log for ever; another log, or one made anew, has another."""

    def head(self) -> int:
        """The position of the last event; 0 if there is none."""

    def read(self, after: int, limit: int, most_bytes: int = READ_BYTES) -> list[Recorded]:
        """At most `limit` events from position after + 1 on, in order.

        Ends earlier with the event that brings their `state` to `most_bytes`, so it always gets on; only no
        event at all means that there is none to be read.
        """

    def read_stream(self, stream: str, after: int, limit: int) -> list[Recorded]:
        """At most `limit` events of one stream with version > after, in order."""

    def stream_states(self, after: str, limit: int) -> list[tuple[str, StreamState]]:
        """At most `limit` stream rows with names > after, in the order of their names (by bytes)."""

    def check(self) -> list[str]:
        """What the engine itself finds wrong with its storage, indexes included; takes no lock of a writer's."""

    def writer(self) -> LogWriter:
        """A new writer, for one thread."""

    def close(self) -> None:
        """Close what this process has open."""
