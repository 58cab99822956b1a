"""How fast a follower of the read tables catches up."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing

from benchmarks.measure import Measure
from benchmarks.projections.history import History
from benchmarks.projections.watched import Watched
from benchmarks.say import say
from eventstore.inprocess_bus import InProcessBus
from projections.follower import Follower
from projections.projectors import PROJECTIONS
from projections.readmodel.open import open_control
from projections.readmodel.store import Control
from projections.tail import Tail

GOAL = 25_000
POLL = 0.5


def measures(history: History) -> Iterator[Measure]:
    """Events a second into the empty live generation."""
    say(f"{history.shape}: following from the first event")
    with (
        history.servers.database() as read_url,
        history.tail() as tail,
        closing(open_control(read_url)) as control,
    ):
        control.projection("tables")
        head = tail.log.head()
        reached, watched = threading.Event(), Watched()

        def note(position: int) -> None:
            if position >= head:
                reached.set()

        follower = _follower(tail, control, note)
        try:
            with watched.working(history.servers.database_pid):
                follower.start()
                while not reached.wait(POLL):
                    assert follower.state.error is None, follower.state.error
        finally:
            follower.stop()
    name = history.named("live tables, behind")
    yield Measure(name, head / watched.took, "events/s", GOAL)
    yield from watched.shares(name, head, "MariaDB")


def _follower(tail: Tail, control: Control, told: Callable[[int], None]) -> Follower:
    ear = InProcessBus().subscribe("bench")
    return Follower("tables", tail, control, PROJECTIONS["tables"], ear, on_progress=told)
