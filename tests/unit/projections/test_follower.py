"""A follower against a log and a read model that stumble on cue."""

import logging
from collections.abc import Iterator, Sequence

import pytest

from eventstore.errors import LogUnavailable
from eventstore.inprocess_bus import Flag, InProcessBus
from projections import follower as follower_module
from projections.follower import Follower
from projections.projectors import tables
from projections.projectors.fold import Fold, Positioned
from projections.readmodel.changes import Change
from projections.readmodel.errors import Fenced, ReadModelUnavailable
from projections.readmodel.store import Checkpoint
from projections.tail import Tail
from tests.support.histories import busy_history
from tests.support.memory_control import MemoryControl
from tests.support.memory_log import MemoryLog
from tests.support.waiting import until

FACTS = busy_history(60)
ALL = len(FACTS)
MORE = busy_history(5, prefix="other")


class Scene:
    """A log with facts, a registry, and followers that end with the test."""

    def __init__(self) -> None:
        self.log = MemoryLog()
        self.log.append(*FACTS)
        self.control = MemoryControl()
        self.bus = InProcessBus()
        self.progress: list[int] = []
        self.batches: list[tuple[int, float]] = []
        self.followers: list[Follower] = []

    def follow(self, fold: Fold = tables.fold) -> Follower:
        """Start one more follower of the tables."""
        follower = Follower(
            "tables",
            Tail(self.log),
            self.control,
            fold,
            self.bus.subscribe("tables"),
            on_progress=self.progress.append,
            on_applied=lambda *batch: self.batches.append(batch),
        )
        self.followers.append(follower)
        follower.start()
        return follower

    def follow_to_the_end(self) -> Follower:
        """Start a follower and wait until it has nothing left to do."""
        follower = self.follow()
        until(lambda: follower.state.position == ALL and follower.state.error is None, "the end of the log")
        return follower

    @property
    def applied(self) -> int:
        """The position of the live generation."""
        return self.control.live("tables").checkpoint().position


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    for name in ("POLL", "STANDBY", "SLOW_RETRY"):
        monkeypatch.setattr(follower_module, name, 0.01)
    scene = Scene()
    yield scene
    for follower in scene.followers:
        follower.stop()


def test_each_batch_is_told_once(scene: Scene) -> None:
    scene.follow_to_the_end()

    assert sum(events for events, _ in scene.batches) == ALL
    assert all(seconds > 0 for _, seconds in scene.batches)


def test_it_tells_of_a_replay(scene: Scene) -> None:
    follower = scene.follow_to_the_end()
    number = scene.control.start_building("tables")

    until(lambda: follower.state.building == number, "it has seen that")


def test_all_that_is_there_is_applied(scene: Scene) -> None:
    follower = scene.follow_to_the_end()

    rows = scene.control.live("tables").contents
    assert follower.state._replace(waiting_since=None) == follower.state
    assert (follower.state.leading, follower.state.generation, follower.state.lag_events) == (True, 1, 0)
    assert scene.progress == [ALL]
    assert rows


def test_batches_have_an_upper_bound(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower_module, "BATCH", 25)

    scene.follow_to_the_end()

    assert scene.control.live("tables").applied == [*range(25, ALL, 25), ALL]
    assert scene.progress == scene.control.live("tables").applied


def test_a_wake_up_is_enough(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("POLL", "GLANCE"):
        monkeypatch.setattr(follower_module, name, 3600)
    scene.follow_to_the_end()

    position = scene.log.append(*MORE)
    scene.bus.publish(ALL + 1, [])

    until(lambda: scene.applied == position)


def test_without_a_wake_up_the_poll_finds_it(scene: Scene) -> None:
    scene.follow_to_the_end()

    position = scene.log.append(*MORE)

    until(lambda: scene.applied == position)


class Hearing(Flag):
    """Remembers whether it attends."""

    def __init__(self) -> None:
        super().__init__()
        self.attends = True

    def rest(self) -> None:
        self.attends = False

    def attend(self) -> None:
        self.attends = True


def test_only_the_one_that_works_hears_others(scene: Scene) -> None:
    ear = Hearing()
    follower = Follower("tables", Tail(scene.log), scene.control, tables.fold, ear)
    scene.followers.append(follower)
    with scene.control.exclusively("follow-tables"):
        follower.start()
        until(lambda: not ear.attends, "it stands by")
    until(lambda: ear.attends and follower.state.leading, "it works")


def test_one_that_is_stuck_hears_nobody(scene: Scene) -> None:
    def fold(_: Sequence[Positioned]) -> list[Change]:
        raise ValueError("a defect")

    ear = Hearing()
    follower = Follower("tables", Tail(scene.log), scene.control, fold, ear)
    scene.followers.append(follower)
    follower.start()
    until(lambda: follower.state.error and not ear.attends, "it is stuck")


def test_one_that_cannot_reach_its_registry_hears_nobody(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: str) -> None:
        raise ReadModelUnavailable("away")

    monkeypatch.setattr(scene.control, "exclusively", away)
    ear = Hearing()
    follower = Follower("tables", Tail(scene.log), scene.control, tables.fold, ear)
    scene.followers.append(follower)
    follower.start()
    until(lambda: follower.state.error == "away" and not ear.attends, "it does not attend")


def test_without_a_wake_up_a_glance_at_the_head_is_enough(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower_module, "POLL", 3600)
    monkeypatch.setattr(follower_module, "GLANCE", 0.01)
    scene.follow_to_the_end()

    position = scene.log.append(*MORE)

    until(lambda: scene.applied == position)


def test_stop_ends_a_long_wait(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("POLL", "GLANCE"):
        monkeypatch.setattr(follower_module, name, 3600)

    scene.follow_to_the_end().stop()


def test_a_hole_is_waited_for_and_never_skipped(scene: Scene) -> None:
    scene.log.hidden = {30}
    scene.follow()
    until(lambda: scene.applied == 29)

    scene.log.hidden = set()

    until(lambda: scene.applied == ALL)
    assert scene.control.live("tables").applied == [29, ALL]


def test_a_hole_that_lasts_is_an_alarm(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower_module, "HOLE_ALARM", 0)
    scene.log.hidden = {30}
    follower = scene.follow()
    until(lambda: follower.state.error == "position 30 is missing though the log has more")

    scene.log.hidden = set()

    until(lambda: follower.state.error is None and scene.applied == ALL)


def test_an_undecodable_fact_stops_with_the_event_named(scene: Scene) -> None:
    event = scene.log.events[29]
    scene.log.events[29] = event._replace(topic="Unheard.3")

    follower = scene.follow()
    until(lambda: scene.control.reported("tables") is not None)

    assert scene.applied == 29
    word = scene.control.reported("tables")
    assert word is not None
    assert (word.position, word.error) == (29, follower.state.error)
    assert f"position 30, stream {event.stream}: Unheard.3" in str(word.error)


def test_a_retry_gets_past_what_was_put_right(scene: Scene) -> None:
    event = scene.log.events[29]
    scene.log.events[29] = event._replace(topic="Unheard.3")
    follower = scene.follow()
    until(lambda: follower.state.error is not None)

    scene.log.events[29] = event

    until(lambda: scene.applied == ALL and follower.state.error is None)
    until(lambda: (word := scene.control.reported("tables")) is not None and word.error is None)


def test_a_stuck_follower_leaves_the_lead_to_others(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower_module, "SLOW_RETRY", 3600)
    scene.log.events[29] = scene.log.events[29]._replace(topic="Unheard.3")
    follower = scene.follow()
    until(lambda: follower.state.error is not None)

    def is_free() -> bool:
        with scene.control.exclusively("follow-tables") as free:
            return free

    until(is_free)


def test_a_stuck_follower_tells_why_before_it_gives_up_the_lead(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told afterwards, it would stand in place of what the next one had said."""
    told: list[tuple[str | None, bool]] = []
    report = scene.control.report

    def tell(name: str, *, position: int, head: int, error: str | None) -> None:
        with scene.control.exclusively("follow-tables") as free:
            told.append((error, free))
        report(name, position=position, head=head, error=error)

    monkeypatch.setattr(scene.control, "report", tell)
    scene.log.events[29] = scene.log.events[29]._replace(topic="Unheard.3")
    scene.follow()
    until(lambda: [error for error, _ in told if error is not None][1:], "it sticks once more")
    assert not any(free for _, free in told)


def test_a_rewound_log_stops_until_a_replay(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower_module, "SLOW_RETRY", 3600)
    follower = scene.follow_to_the_end()
    del scene.log.events[-5:]
    until(lambda: follower.state.error is not None)
    assert str(follower.state.error).startswith("the log was rewound; run `parley replay tables`")

    number = scene.control.start_building("tables")
    scene.control.flip("tables", 1, number)

    until(lambda: scene.applied == ALL - 5 and follower.state.error is None)
    assert follower.state.generation == number


def test_another_generation_is_followed_once_it_is_live(scene: Scene) -> None:
    scene.follow_to_the_end()
    number = scene.control.start_building("tables")

    scene.control.flip("tables", 1, number)

    until(lambda: scene.applied == ALL)
    assert scene.control.opened["tables", number].applied == [ALL]


def test_a_fenced_follower_reads_the_checkpoint_again(scene: Scene) -> None:
    scene.control.projection("tables")
    scene.control.live("tables").failure = Fenced("another was faster")

    scene.follow_to_the_end()


@pytest.mark.parametrize("failure", [ReadModelUnavailable("the disk is full"), LogUnavailable("away")])
def test_what_is_unavailable_is_outlasted(
    scene: Scene, failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    scene.control.projection("tables")
    scene.control.live("tables").failure = failure

    with caplog.at_level(logging.INFO):
        scene.follow_to_the_end()

    # What it has applied is told a moment later, or not yet.
    told = [record for record in caplog.records if "applied" not in record.getMessage()]
    assert [record.levelname for record in told] == ["WARNING", "INFO"]


def test_trouble_that_lasts_is_logged_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(follower_module, "BACK_OFF", (0.001, 0.001))
    scene.log.failures = 20

    scene.follow_to_the_end()

    assert [record.levelname for record in caplog.records if record.levelno >= logging.WARNING] == ["WARNING"]


def test_a_defect_is_shown_and_does_not_end_the_thread(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    broken = [True]

    def fold(facts: Sequence[Positioned]) -> list[Change]:
        if broken:
            raise ZeroDivisionError("a defect")
        return tables.fold(facts)

    follower = scene.follow(fold)
    until(lambda: follower.state.error == "ZeroDivisionError: a defect")
    broken.clear()

    until(lambda: scene.applied == ALL and follower.state.error is None)
    assert "Traceback" in caplog.text


def test_of_two_one_works_and_the_other_takes_over(scene: Scene) -> None:
    first = scene.follow_to_the_end()
    second = scene.follow()
    until(lambda: second.state.head == ALL)
    assert (first.state.leading, second.state.leading) == (True, False)

    first.stop()
    position = scene.log.append(*MORE)

    until(lambda: scene.applied == position)
    assert second.state.leading


def test_the_one_that_waits_shows_what_stopped_the_leader(scene: Scene) -> None:
    with scene.control.exclusively("follow-tables"):
        scene.control.report("tables", position=7, head=9, error="stuck")
        second = scene.follow()

        until(lambda: second.state.error == "stuck")
        assert (second.state.position, second.state.lag_events) == (7, 2)


def test_one_that_stands_by_for_another_log_says_so(scene: Scene) -> None:
    """Its readers would wait for positions that only the other log has."""
    leader = scene.follow_to_the_end()
    followed, scene.log = scene.log.log_id, MemoryLog()
    scene.log.log_id = "another"
    scene.log.append(*MORE)

    second = scene.follow()

    until(lambda: second.state.error == f"the tables follow another log: {followed}")
    assert not second.state.working
    assert leader.state.working


def test_the_lag_is_the_age_of_the_oldest_event_that_waits(scene: Scene) -> None:
    scene.log.events[-1] = scene.log.events[-1]._replace(topic="Unheard.3", recorded_at=5_000_000)

    follower = scene.follow()

    until(lambda: follower.state.error is not None)
    assert follower.state.lag_events == 1
    assert follower.state.lag_seconds(now=7_500_000) == 2.5


def test_nothing_waits_at_the_head(scene: Scene) -> None:
    follower = scene.follow_to_the_end()

    until(lambda: follower.state.waiting_since is None)
    assert follower.state.lag_seconds(now=7_500_000) == 0
    assert scene.control.live("tables").checkpoint() == Checkpoint(
        scene.log.log_id, ALL, scene.log.events[-1].event_id
    )
