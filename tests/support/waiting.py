"""Waits for conditions instead of for time to pass."""

import time
from collections.abc import Callable

LIMIT = 60.0


def until(holds: Callable[[], object], what: str = "the condition") -> None:
    """Return once `holds()` is true; an assertion fails if that takes a minute."""
    given_up_at = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < given_up_at, f"{what} did not come about"
        time.sleep(0.003)
