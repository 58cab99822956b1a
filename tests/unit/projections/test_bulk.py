"""A bulk build against a log and a read model that stumble on cue."""

import threading
from collections.abc import Sequence

import pytest

from eventstore.errors import LogRewound, LogUnavailable, UndecodableFact
from projections.bulk import Bulk
from projections.projectors import tables
from projections.projectors.fold import Fold, Positioned
from projections.readmodel.changes import Change
from projections.readmodel.errors import Fenced
from projections.readmodel.store import Checkpoint
from projections.tail import Tail
from tests.support.histories import busy_history
from tests.support.memory_control import MemoryControl, MemoryGeneration
from tests.support.memory_log import MemoryLog

FACTS = busy_history(60)
ALL = len(FACTS)
FOR_EVER = 1e6


class Scene:
    """A log with facts, and an empty generation."""

    def __init__(self) -> None:
        self.log = MemoryLog()
        self.log.append(*FACTS)
        control = MemoryControl()
        control.projection("tables")
        self.generation: MemoryGeneration = control.live("tables")
        self.told: list[tuple[int, int]] = []

    def bring(self, to: int = ALL, *, fold: Fold = tables.fold, patience: float = FOR_EVER) -> int:
        bulk = Bulk(Tail(self.log), fold, 10, lambda *told: self.told.append(told), patience=patience)
        return bulk.bring(self.generation, to)

    @property
    def reached(self) -> int:
        return self.generation.checkpoint().position


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_batches_are_applied_in_order_and_told(scene: Scene) -> None:
    assert scene.bring(25) == 25
    assert scene.generation.applied == [10, 20, 25]
    assert scene.bring() == ALL
    assert scene.told[:4] == [(10, 25), (20, 25), (25, 25), (35, ALL)]
    assert scene.bring(7) == ALL


def test_a_store_that_fails_is_told_at_once_whatever_is_read_meanwhile(scene: Scene) -> None:
    """The batch that is read ahead waits for a position that never comes."""
    scene.log.hidden = {11}
    scene.generation.failure = Fenced("by another")
    with pytest.raises(Fenced):
        scene.bring()
    assert scene.reached == 0


def test_a_hole_ends_it_behind_what_comes_before(scene: Scene) -> None:
    scene.log.hidden = {15}
    with pytest.raises(LogUnavailable, match=f"position 15 of {ALL} can't be read"):
        scene.bring(patience=0)
    assert scene.reached == 14
    scene.log.hidden.clear()
    assert scene.bring() == ALL


def test_what_can_not_be_read_ends_it_behind_what_comes_before(scene: Scene) -> None:
    scene.log.events[14] = scene.log.events[14]._replace(topic="Unheard.3")
    for _ in range(2):
        with pytest.raises(UndecodableFact, match="position 15"):
            scene.bring()
        assert scene.reached == 14
    assert scene.bring(14) == 14


def test_a_log_that_is_rewound_meanwhile_ends_it(scene: Scene) -> None:
    def rewind(*_: object) -> None:
        others = [event._replace(event_id=b"another") for event in scene.log.events[9:]]
        scene.log.events[9:] = others

    bulk = Bulk(Tail(scene.log), tables.fold, 10, rewind)
    with pytest.raises(LogRewound):
        bulk.bring(scene.generation, ALL)


def test_a_defect_of_the_fold_is_raised_behind_what_was_folded(scene: Scene) -> None:
    def fold(facts: Sequence[Positioned]) -> list[Change]:
        if facts[0][0] == 11:
            raise LookupError("a defect")
        return list(tables.fold(facts))

    with pytest.raises(LookupError):
        scene.bring(fold=fold)
    assert scene.generation.applied == [10]


def test_no_thread_is_left(scene: Scene) -> None:
    before = threading.active_count()
    scene.bring(30)
    scene.generation.failure = Fenced("by another")
    with pytest.raises(Fenced):
        scene.bring()
    assert threading.active_count() == before


def test_nothing_to_do(scene: Scene) -> None:
    assert scene.bring(0) == 0
    assert scene.generation.checkpoint() == Checkpoint()
    assert scene.told == []
