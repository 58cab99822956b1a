"""What the stream rows must be, folded from the facts."""

from collections.abc import Iterator

from eventstore import streams
from eventstore.codec import Codec
from eventstore.errors import UndecodableFact
from eventstore.log import Recorded, StreamState
from projections.verification.findings import Finding


class StreamRows:
    """One row per stream, as `View` keeps them when facts are appended."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._rows: dict[str, StreamState] = {}
        # Most streams have one of very few states: one object for each.
        self._same: dict[StreamState, StreamState] = {}
        self._passed: dict[str, list[StreamState]] | None = None

    def names(self) -> list[str]:
        """All streams, in the order of their names."""
        return sorted(self._rows)

    def get(self, name: str) -> StreamState | None:
        """The stream's row after the last event that was taken."""
        return self._rows.get(name)

    def watch(self) -> None:
        """From now on (and not from before), remember the states that rows pass through."""
        self._passed = {}

    def was(self, name: str, row: StreamState) -> bool:
        """Whether the stream is in that state, or was since `watch`."""
        return row == self._rows.get(name) or row in (self._passed or {}).get(name, ())

    def take(self, event: Recorded) -> Iterator[Finding]:
        """Fold one event in; what is wrong with it by itself, or where it stands."""
        place = f"log position {event.position}"
        expected = self._rows.get(event.stream, StreamState()).version + 1
        if event.version != expected:
            yield Finding(place, f"version {event.version} of {event.stream}, expected {expected}")
        try:
            fact = self._codec.decode(event.topic, event.state)
        except UndecodableFact as error:
            yield Finding(place, f"can't be decoded: {error}")
            self._touch(event.stream, event.version, 0, False)
            return
        if fact.stream != event.stream:
            yield Finding(place, f"a fact of {fact.stream} in the stream {event.stream}")
        if fact.numbered not in (None, event.version):
            yield Finding(place, f"version {event.version} of {event.stream} is numbered {fact.numbered}")
        for owner in dict.fromkeys((event.stream, streams.application(fact.token))):
            if self._rows.get(owner, StreamState()).closed:
                yield Finding(place, f"a fact of {event.stream} after {owner} was closed")
        for touch in fact.touches():
            version = event.version if touch.stream == event.stream else None
            self._touch(touch.stream, version, touch.live, touch.closes)

    def _touch(self, name: str, version: int | None, live: int, closes: bool) -> None:
        old = self._rows.get(name, StreamState())
        new = StreamState(old.version if version is None else version, old.live + live, old.closed or closes)
        self._rows[name] = self._same.setdefault(new, new)
        if self._passed is not None:
            self._passed.setdefault(name, []).append(old)
