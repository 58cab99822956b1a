"""Who used the processors meanwhile."""

import os
from collections.abc import Iterable
from pathlib import Path

CORES = os.cpu_count() or 1
_TICK = 1 / os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids: Iterable[int]) -> float:
    """What these processes have used so far, all their threads, in user and kernel mode."""
    return sum(map(_seconds, pids))


def _seconds(pid: int) -> float:
    # The name before the fields may hold blanks.
    text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK


def children_seconds() -> float:
    """The same of the children of this process that have ended and were waited for."""
    times = os.times()
    return times.children_user + times.children_system


def idle_seconds() -> float:
    """How long all processors together have had nothing to do, or have waited for a disk."""
    fields = Path("/proc/stat").read_text(encoding="ascii").split()
    return (int(fields[4]) + int(fields[5])) * _TICK
