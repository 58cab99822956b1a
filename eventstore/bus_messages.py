"""What a message of the bus says: made of a batch, and taken apart again without trust."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from eventstore.log import NewEvent
from eventstore.origin import Origin, unpack

CONTENT_TYPE = "application/json"
MOST_BYTES = 256 * 1024
MOST_POSITION = (1 << 63) - 1
_FRAME = 200
"""More than what is around the events takes."""


class Batch(NamedTuple):
    """Events that one transaction committed, from position `first` on; `recorded_at` in microseconds since 1970."""

    first: int
    events: Sequence[NewEvent]
    recorded_at: int

    @property
    def size(self) -> int:
        """Its bytes in memory, more or less."""
        return 200 + sum(len(event.state) + 300 for event in self.events)


class Message(NamedTuple):
    """One message, ready to be sent; its events are those from `first` to `last`."""

    id: str
    body: bytes
    origin: Origin | None = None
    """Of its last event."""


class _Event(msgspec.Struct):
    position: int
    stream: str
    version: int
    event_id: str
    topic: str
    recorded_at: int
    fact: msgspec.Raw
    request_id: str | msgspec.UnsetType = msgspec.UNSET
    traceparent: str | msgspec.UnsetType = msgspec.UNSET


class _Word(msgspec.Struct):
    """What a follower wants to know of a message; the rest is skipped unread."""

    log_id: str
    last: int


class Poison(ValueError):
    """A message that no publisher of Parley's has sent; the text is one of a few."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Word).decode


def messages(log_id: str, batch: Batch) -> Iterator[Message]:
    """The batch as messages of at most MOST_BYTES each, in order.

    An event that is too large for that goes out as its position alone, with `events` empty.
    """
    pieces: list[bytes] = []
    size, first = _FRAME, batch.first
    for position, event in enumerate(batch.events, batch.first):
        piece = _encode(
            _Event(
                position,
                event.stream,
                event.version,
                event.event_id.hex(),
                event.topic,
                batch.recorded_at,
                msgspec.Raw(event.state),
                *(unpack(event.meta) or ()),
            )
        )
        if pieces and size + len(piece) + 1 > MOST_BYTES:
            yield _message(log_id, first, position - 1, pieces, batch)
            pieces, size, first = [], _FRAME, position
        if _FRAME + len(piece) > MOST_BYTES:
            yield _message(log_id, position, position, [], batch)
            first = position + 1
            continue
        pieces.append(piece)
        size += len(piece) + 1
    if pieces:
        yield _message(log_id, first, first + len(pieces) - 1, pieces, batch)


def _message(log_id: str, first: int, last: int, pieces: Sequence[bytes], batch: Batch) -> Message:
    head = b'{"log_id":%s,"first":%d,"last":%d,"events":[' % (_encode(log_id), first, last)
    origin = unpack(batch.events[last - batch.first].meta)
    return Message(f"{log_id}:{first}", head + b",".join(pieces) + b"]}", origin)


def word(body: object, content_type: object) -> tuple[str, int]:
    """(log_id, last) of a message. Raises Poison, which says what is wrong with it."""
    if content_type != CONTENT_TYPE:
        raise Poison("its content type is not application/json")
    if not isinstance(body, bytes):
        raise Poison("it has no body of bytes")
    if len(body) > MOST_BYTES:
        raise Poison("it is larger than 256 KiB")
    try:
        said = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Poison("it is not JSON with a log_id and a whole number as last") from None
    if not 0 < said.last <= MOST_POSITION:
        raise Poison("its last is not a position")
    return said.log_id, said.last
