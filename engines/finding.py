"""What is not as it should be, and what to do about it."""

from typing import Literal, NamedTuple

Severity = Literal["error", "warning"]


class Finding(NamedTuple):
    """An "error" loses data or keeps Parley from working, now or soon; a "warning" is worth a look.

    `place` is what it is about, `cure` one line for whoever looks after that. Neither holds a secret.
    """

    severity: Severity
    place: str
    what: str
    cure: str


MOST_CLOCK_SECONDS = 1.0
LEAST_FREE = 0.05
"""Of a disk: below, the first server refuses writes soon."""


def clock_finding(place: str, theirs: float, before: float, after: float) -> list[Finding]:
    """The difference of a server's clock, in seconds of the epoch, which was asked between two moments of ours."""
    off = theirs - min(max(theirs, before), after)
    if abs(off) <= MOST_CLOCK_SECONDS:
        return []
    than = "ahead of" if off > 0 else "behind"
    return [
        Finding(
            "warning",
            place,
            f"its clock is {abs(off):.1f} s {than} this machine's",
            "Run NTP (chrony, systemd-timesyncd) on both machines.",
        )
    ]


def version_finding(
    place: str, server: str, numbers: tuple[int, ...], least: tuple[int, ...]
) -> list[Finding]:
    """`server` is what it calls itself; `numbers` are of its version."""
    if numbers >= least:
        return []
    return [
        Finding(
            "warning",
            place,
            f"{server} is older than what is supported",
            f"Upgrade it to {'.'.join(map(str, least))} or later.",
        )
    ]


def disk_finding(place: str, free: int, total: int) -> list[Finding]:
    """What is left of a disk, in bytes."""
    if total <= 0 or free / total >= LEAST_FREE:
        return []
    return [
        Finding(
            "error",
            place,
            f"{free / 2**20:,.0f} MiB of {total / 2**20:,.0f} MiB are free",
            "Make room or a larger disk, before writes fail.",
        )
    ]
