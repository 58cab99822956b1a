"""The parts of the run, one after the other for each history."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from benchmarks.measure import Measure
from benchmarks.projections import fresh, live, memory, read, replay_search, replay_tables
from benchmarks.projections.history import History, history
from benchmarks.projections.plan import USUAL, Plan
from benchmarks.projections.servers import servers
from projections.collector import collect_seldom

PARTS: Mapping[str, Sequence[Callable[[History], Iterator[Measure]]]] = {
    "live": [live.measures],
    "replay": [replay_tables.measures, replay_search.measures],
    "read": [read.measures],
    "fresh": [fresh.measures],
    "memory": [memory.measures],
}


def run(plan: Plan = USUAL, parts: Sequence[str] = ()) -> list[Measure]:
    """The figures of those parts, or of all of them."""
    # As the processes do that follow and replay.
    collect_seldom()
    found: list[Measure] = []
    with servers() as all_servers:
        for shape in plan.shapes:
            with history(all_servers, plan, shape) as one:
                for name in PARTS:
                    if not parts or name in parts:
                        for measures in PARTS[name]:
                            found += measures(one)
    return found
