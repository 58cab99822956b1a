"""The library's port never reads past a missing position, and waits without asking all the time."""

import logging
from collections.abc import Sequence
from itertools import islice

import pytest
from eventsourcing.persistence import Notification, StoredEvent

from eventstore.library import subscription
from eventstore.library.bell import Bell
from eventstore.library.followed import FollowedRecorder


class ScriptedBell(Bell):
    """Notes the pauses; each wait runs the next step of the script, and the last one ends the subscription."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []
        self.script: list[object] = []

    def wait(self, heard: int, timeout: float) -> bool:
        self.pauses.append(timeout)
        step = self.script.pop(0)
        if callable(step):
            step()
        return self.rings != heard


class Recorder(FollowedRecorder):
    """Events 1 to `head`, of the topics `odd` and `even`; those that are `hidden` do not show yet."""

    def __init__(self, head: int, hidden: set[int] | None = None) -> None:
        self.bell: ScriptedBell = ScriptedBell()
        self.head = head
        self.hidden = hidden or set()
        self.pages: list[tuple[int, int]] = []

    def read_page(self, after: int, limit: int) -> Sequence[Notification]:
        self.pages.append((after, limit))
        shown = (n for n in range(after + 1, self.head + 1) if n not in self.hidden)
        return [Notification("a", n, "odd" if n % 2 else "even", b"", n) for n in islice(shown, limit)]

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: object) -> None:
        raise NotImplementedError

    def select_events(self, originator_id: object, **kwargs: object) -> Sequence[StoredEvent]:
        raise NotImplementedError

    def max_notification_id(self) -> int | None:
        return self.head or None


def ids(notifications: Sequence[Notification]) -> list[int]:
    return [notification.id for notification in notifications]


@pytest.mark.parametrize(
    ("start", "limit", "expected"),
    [
        (None, 10, [1, 2]),
        (1, 10, [1, 2]),
        (2, 10, [2]),
        (3, 10, []),
        (4, 10, []),
        (5, 1, [5]),
        (0, 10, [1, 2]),
    ],
)
def test_a_selection_ends_before_a_hole(start: int | None, limit: int, expected: list[int]) -> None:
    recorder = Recorder(9, hidden={3, 4})

    assert ids(recorder.select_notifications(start, limit)) == expected


def test_a_hole_is_not_passed_over_by_topics() -> None:
    """The missing one might have had the topic that is asked for."""
    recorder = Recorder(9, hidden={3})

    assert ids(recorder.select_notifications(1, 10, topics=["even"])) == [2]
    assert ids(recorder.select_notifications(1, 10, topics=["odd"])) == [1]


def test_topics_are_looked_for_beyond_a_page() -> None:
    recorder = Recorder(2 * subscription.PAGE)

    found = ids(recorder.select_notifications(None, subscription.PAGE, topics=["even"]))

    assert found == list(range(2, 2 * subscription.PAGE + 1, 2))


@pytest.mark.parametrize("topics", [(), ("odd", "even")])
@pytest.mark.parametrize("stop", [2, 5, 9, 20])
@pytest.mark.parametrize("limit", [1, 4, 20])
@pytest.mark.parametrize("inclusive", [True, False])
def test_limits(topics: tuple[str, ...], stop: int, limit: int, inclusive: bool) -> None:
    found = Recorder(9).select_notifications(3, limit, stop, topics, inclusive_of_start=inclusive)

    assert ids(found) == list(range(3 if inclusive else 4, min(stop, 9) + 1))[:limit]


def test_a_subscription_waits_longer_and_longer_until_something_comes() -> None:
    recorder = Recorder(0)
    events = recorder.subscribe()

    def grow() -> None:
        recorder.head = 1

    recorder.bell.script = [None] * 9 + [grow] + [None] * 2 + [events.stop]
    assert ids(list(events)) == [1]

    first, longest = subscription.FIRST_PAUSE, subscription.LONGEST_PAUSE
    before, after = recorder.bell.pauses[:10], recorder.bell.pauses[10:]
    assert before == [min(first * 2**n, longest) for n in range(10)]
    assert after == [first, 2 * first, 4 * first]


def test_a_ring_between_the_look_and_the_wait_is_heard() -> None:
    bell = Bell()
    heard = bell.rings
    bell.ring()

    assert bell.wait(heard, timeout=60)


def test_a_subscription_waits_at_a_hole_and_goes_on_behind_it() -> None:
    recorder = Recorder(5, hidden={3})
    with recorder.subscribe(gt=1) as events:
        recorder.bell.script = [None, recorder.hidden.clear, events.stop]
        assert ids(list(events)) == [2, 3, 4, 5]


def test_a_subscription_does_not_look_again_at_what_it_has_no_use_for() -> None:
    recorder = Recorder(5)
    with recorder.subscribe(topics=["none of these"]) as events:
        recorder.bell.script = [None, events.stop]
        assert list(events) == []

    assert [after for after, _ in recorder.pages] == [0, 5, 5]


def test_a_hole_that_lasts_is_an_alarm(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(subscription, "HOLE_SECONDS", 0.0)
    recorder = Recorder(5, hidden={3})
    with recorder.subscribe() as events, caplog.at_level(logging.ERROR):
        recorder.bell.script = [None, None, events.stop]
        assert ids(list(events)) == [1, 2]

    assert "position 3 is missing" in caplog.text
