"""Which unfinished replays are gone on with."""

import pytest

from projections.bulk import Bulk
from projections.projectors import tables
from projections.readmodel.store import Generation
from projections.replay import replay
from projections.tail import Tail
from tests.support.histories import busy_history
from tests.support.memory_control import MemoryControl
from tests.support.memory_log import MemoryLog

FACTS = busy_history(60)
LIVE, UNFINISHED, KEPT = 40, 20, 25


class Scene:
    """What is live is at 40; of a replay that was killed at 20 the batch up to 40 may have begun."""

    def __init__(self) -> None:
        self.log = MemoryLog()
        self.log.append(*FACTS)
        self.tail = Tail(self.log)
        self.control = MemoryControl()
        live = self.control.projection("tables").live
        self.bring(self.control.generation("tables", live, must_be_live=True), LIVE)
        building = self.control.start_building("tables")
        self.bring(self.control.generation("tables", building, must_be_live=False), UNFINISHED)

    def bring(self, generation: Generation, to: int) -> None:
        Bulk(self.tail, tables.fold, 10).bring(generation, to)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_one_of_this_log(scene: Scene) -> None:
    assert replay(scene.control, scene.tail, "tables", batch=10).resumed_at == UNFINISHED


def test_not_one_that_may_hold_what_a_log_has_lost_since(scene: Scene) -> None:
    """Its checkpoint is still in the log; what lay beyond it is not, and other facts have those positions now."""
    scene.log.events[KEPT:] = [event._replace(event_id=b"another") for event in scene.log.events[KEPT:]]
    swapped = replay(scene.control, scene.tail, "tables", batch=10)
    assert (swapped.resumed_at, swapped.position) == (0, len(FACTS))
