"""What a follower leaves for others to read."""

import pytest

from projections.progress import Progress
from projections.readmodel.store import Report
from projections.silence import SILENCE
from tests.support.memory_control import MemoryControl


class Watch:
    """A clock that its test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("projections.progress.time.monotonic", lambda: self.now)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(monkeypatch)


def test_positions_are_reported_about_once_a_second(watch: Watch) -> None:
    control = MemoryControl()
    progress = Progress("tables", control)

    for position in range(1, 31):
        progress.update(position=position)
        progress.report()
        watch.now += 0.1

    assert control.reports == 3


def test_nothing_new_is_not_reported(watch: Watch) -> None:
    control = MemoryControl()
    progress = Progress("tables", control)

    for _ in range(5):
        progress.report()
        watch.now += 10

    assert control.reports == 1


def test_a_new_error_is_reported_at_once(watch: Watch) -> None:
    control = MemoryControl()
    progress = Progress("tables", control)
    progress.report()

    progress.fails("the log was rewound")
    progress.report()
    progress.recovers()
    progress.report()

    assert control.reports == 3
    assert watch.now == 1000


def test_who_leads_again_says_so_though_it_has_nothing_new_to_say(watch: Watch) -> None:
    """Another one may have left its error in between."""
    control = MemoryControl()
    first, second = Progress("tables", control), Progress("tables", control)
    for progress in (first, second):
        progress.update(leading=True, position=1)
        progress.report()
    second.fails("can't start new thread")
    second.report()

    first.update(leading=True)
    first.report()

    word = control.reported("tables")
    assert (word and word.error, watch.now) == (None, 1000)


def test_F10_who_is_silent_for_long_does_not_work(watch: Watch) -> None:
    progress = Progress("tables", MemoryControl())
    progress.update(working=True)
    watch.now += SILENCE - 1
    assert (progress.shown.working, progress.shown.error) == (True, None)

    watch.now += 2
    assert (progress.shown.working, progress.shown.error) == (
        False,
        "has waited for an answer for more than 9 s",
    )
    progress.update(head=7)
    assert (progress.shown.working, progress.shown.error) == (True, None)


def test_F10_who_stands_by_is_not_silent_while_it_hears_of_the_leader(watch: Watch) -> None:
    progress = Progress("tables", MemoryControl())
    watch.now += SILENCE + 1
    assert progress.shown.error is not None

    progress.mirror(Report(position=7, head=7, error=None, reported_at=0))
    assert (progress.shown.working, progress.shown.error) == (True, None)
