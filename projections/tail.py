"""Reads the log on from a checkpoint, and notices when it is not the log that the checkpoint speaks of."""

from typing import NamedTuple

from eventstore.codec import Codec
from eventstore.errors import LogRewound, UndecodableFact
from eventstore.log import Log, Recorded
from eventstore.origin import Origin, unpack
from projections.projectors.fold import Positioned
from projections.readmodel.store import Checkpoint


class Stretch(NamedTuple):
    """The facts after a checkpoint, as far as they could be read.

    `after` is the checkpoint behind them and `head` the log's, read before them. `first_at` and `last_at`
    are when the first and the last event that was looked at were recorded (microseconds; 0 if none was).
    `undecodable` says why they end before the head: the event that this program can't read, the last that
    was looked at. `hole` says that the log has more, but not yet the very next position.
    `origin` is where the last of the facts comes from.
    """

    facts: list[Positioned]
    after: Checkpoint
    head: int
    first_at: int = 0
    last_at: int = 0
    undecodable: UndecodableFact | None = None
    hole: bool = False
    origin: Origin | None = None

    @property
    def complete(self) -> bool:
        """Whether nothing was left when the head was read."""
        return self.after.position >= self.head


class Tail:
    """The log as followers and replays read it."""

    def __init__(self, log: Log, codec: Codec | None = None) -> None:
        self.log = log
        self.codec = codec or Codec()

    def read(self, before: Checkpoint, limit: int) -> Stretch:
        """At most `limit` facts after the checkpoint, fewer if they are large. Raises LogRewound, LogUnavailable."""
        head = self.log.head()
        page = self._after(before, head, limit)
        events = _contiguous(page, before.position + 1)
        facts: list[Positioned] = []
        for event in events:
            try:
                facts.append((event.position, self.codec.decode(event.topic, event.state)))
            except UndecodableFact as error:
                named = UndecodableFact(f"position {event.position}, stream {event.stream}: {error}")
                return self._stretch(before, events[: len(facts) + 1], facts, head, named)
        hole = len(events) < len(page) or (not page and before.position < head)
        return self._stretch(before, events, facts, head)._replace(hole=hole)

    def continues(self, checkpoint: Checkpoint) -> bool:
        """Whether the log still holds what was followed up to the checkpoint. Raises LogUnavailable."""
        try:
            self._after(checkpoint, self.log.head(), 1)
        except LogRewound:
            return False
        return True

    def _after(self, before: Checkpoint, head: int, limit: int) -> list[Recorded]:
        """What can be read after the checkpoint. Raises LogRewound if its own event is not what was followed."""
        if not before.position:
            return self.log.read(0, limit)
        if before.log_id != self.log.log_id:
            raise LogRewound(f"what was followed is the log {before.log_id}, this is {self.log.log_id}")
        if before.position > head:
            raise LogRewound(f"position {before.position} was followed, the log ends at {head}")
        # In one question with what follows it, since this is asked for each batch.
        found = self.log.read(before.position - 1, limit + 1)
        if not found or found[0].position != before.position:
            return []
        own, *page = found
        if own.event_id != before.event_id:
            raise LogRewound(f"position {before.position} now holds another event than was followed")
        if not page and before.position < head:
            # Its own event may be as large as a page.
            page = self.log.read(before.position, limit)
        return page

    def _stretch(
        self,
        before: Checkpoint,
        events: list[Recorded],
        facts: list[Positioned],
        head: int,
        undecodable: UndecodableFact | None = None,
    ) -> Stretch:
        if not events:
            return Stretch([], before, head)
        after, origin = before, None
        if facts:
            last = events[len(facts) - 1]
            after, origin = Checkpoint(self.log.log_id, last.position, last.event_id), unpack(last.meta)
        first_at, last_at = events[0].recorded_at, events[-1].recorded_at
        return Stretch(facts, after, head, first_at, last_at, undecodable, origin=origin)


def _contiguous(events: list[Recorded], first: int) -> list[Recorded]:
    """The events from position `first` on, up to the first position that is missing."""
    # Positions only grow: if the last one is where it belongs, so are all.
    if not events or events[-1].position == first + len(events) - 1:
        return events
    return [event for place, event in enumerate(events) if event.position == first + place]
