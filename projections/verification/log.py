"""The log against itself: its numbering, its facts, and the stream rows that commands decide by."""

from collections.abc import Callable, Iterator

from eventstore.codec import Codec
from eventstore.log import Log, Recorded
from projections.verification.event_ids import EventIds, doubled
from projections.verification.events import PAGE, Missing, every_event
from projections.verification.findings import Finding
from projections.verification.stream_rows import StreamRows

OnPosition = Callable[[int], None]


def verify_positions(log: Log, head: int, on_position: OnPosition = lambda _: None) -> Iterator[Finding]:
    """Positions up to `head` that are missing. May raise LogUnavailable."""
    for event in every_event(log, 0, head, on_position):
        if isinstance(event, Missing):
            yield _missing(event)


def verify_log(
    log: Log, head: int, codec: Codec | None = None, on_position: OnPosition = lambda _: None
) -> Iterator[Finding]:
    """All that is wrong with the log up to `head`, while others may go on appending.

    Keeps one small row per stream and 8 bytes per event. May raise LogUnavailable.
    """
    rows, ids = StreamRows(codec or Codec()), EventIds()
    for event in every_event(log, 0, head, on_position):
        if isinstance(event, Missing):
            yield _missing(event)
        else:
            ids.add(event.event_id)
            yield from rows.take(event)
    yield from _doubled_ids(log, head, ids)
    yield from _wrong_rows(log, head, rows)


def _missing(gap: Missing) -> Finding:
    many = f"positions {gap.first} to {gap.last} are" if gap.last > gap.first else f"position {gap.first} is"
    return Finding("log", f"{many} missing")


def _doubled_ids(log: Log, head: int, ids: EventIds) -> Iterator[Finding]:
    if suspects := ids.suspects():
        events = (event for event in every_event(log, 0, head) if isinstance(event, Recorded))
        for event_id, positions in doubled(((e.position, e.event_id) for e in events), suspects):
            yield Finding("log", f"event id {event_id.hex()} occurs at the positions {positions}")


def _wrong_rows(log: Log, reached: int, rows: StreamRows) -> Iterator[Finding]:
    """Stream rows that are not what the facts come to, missing ones and ones too many.

    A row that is read may be newer than what was folded. So what was appended up to after the reading is
    folded as well, and the row must be one of the states that its stream passed through meanwhile.
    """
    expected = rows.names()
    checked, last = 0, ""
    while page := log.stream_states(last, PAGE):
        rows.watch()
        head = log.head()
        for event in every_event(log, reached, head):
            if isinstance(event, Missing):
                yield _missing(event)
            else:
                yield from rows.take(event)
        reached, last = head, page[-1][0]
        found = dict(page)
        for name, row in page:
            if not rows.was(name, row):
                yield Finding(f"stream {name}", f"the row is {row}, its facts come to {rows.get(name)}")
        while checked < len(expected) and expected[checked] <= last:
            if expected[checked] not in found:
                yield Finding(f"stream {expected[checked]}", "the row is missing")
            checked += 1
    for name in expected[checked:]:
        yield Finding(f"stream {name}", "the row is missing")
