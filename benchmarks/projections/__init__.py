"""The projections on real servers: followers, replays, freshness, reads and memory, each beside its baseline."""

from benchmarks.projections.parts import PARTS, run
from benchmarks.projections.plan import Plan

__all__ = ["PARTS", "run", "with_events"]


def with_events(events: int) -> Plan:
    """The usual plan, on histories of that length."""
    return Plan(events=events)
