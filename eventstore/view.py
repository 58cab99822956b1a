"""What a command sees when it decides: the locked rows, and what its batch has decided before it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from eventstore.codec import Codec
from eventstore.errors import LogConflict
from eventstore.events import Fact
from eventstore.log import CommandRecord, FactRef, Loaded, NewEvent, StreamState


class Known(NamedTuple):
    """A fact of the log. `position` is absolute, or -(place in the batch + 1) while it is being appended."""

    fact: Fact
    position: int


class View:
    """Rows and facts as the next command of the batch must see them."""

    def __init__(self, loaded: Loaded, codec: Codec) -> None:
        self._codec = codec
        self._loaded = loaded
        self._facts: dict[str, dict[int, Known]] = {}
        self.streams = dict(loaded.streams)
        self.records = dict(loaded.records)
        self.events: list[NewEvent] = []
        self.touched: dict[str, StreamState] = {}

    def stream(self, name: str) -> StreamState | None:
        """The stream's row; None if there is no such stream."""
        return self.streams.get(name)

    def fact(self, stream: str, version: int | None = None) -> Known | None:
        """The fact at that version of the stream, or its last one; it must be in the command's `refs`."""
        appended = self._facts.get(stream)
        if appended and version is None:
            return appended[self.streams[stream].version]
        if appended and version in appended:
            return appended[version]
        event = self._loaded.events.get(FactRef(stream, version))
        return event and Known(self._codec.decode(event.topic, event.state), event.position)

    def record(self, key: tuple[str, str]) -> CommandRecord | None:
        """What is kept of the first answer to an idempotency key."""
        return self.records.get(key)

    def append(self, facts: Sequence[Fact], event_ids: Iterable[bytes], meta: bytes | None = None) -> None:
        """Take a command's facts into the batch; all later commands of the batch see them."""
        for fact, event_id in zip(facts, event_ids, strict=True):
            step = 1
            for name, live, closes in fact.touches():
                version, lives, closed = self.streams.get(name, _NEW)
                self.streams[name] = self.touched[name] = StreamState(
                    version + step, lives + live, closed or closes
                )
                if step:
                    stream, number, step = name, version + 1, 0
            if fact.numbered not in (None, number):
                # Only the rows under lock may number a fact: whoever numbered this one saw other rows.
                raise LogConflict(
                    f"{type(fact).__name__} numbered {fact.numbered}, its stream is at {number}"
                )
            topic, state = self._codec.encode(fact)
            self.events.append(NewEvent(stream, number, event_id, topic, state, meta))
            self._facts.setdefault(stream, {})[number] = Known(fact, -len(self.events))


_NEW = StreamState()
