"""What is going on, on stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

REMINDER = 5.0


def say(text: str) -> None:
    sys.stderr.write(f"services: {text}\n")
    sys.stderr.flush()


@contextmanager
def step(text: str) -> Iterator[None]:
    """Name a piece of long work, and how long it took once it is done."""
    began = time.monotonic()
    say(f"{text} …")
    yield
    say(f"{text}: done ({time.monotonic() - began:.1f} s)")


def wait(holds: Callable[[], bool], what: str, limit: float) -> bool:
    """Wait for a condition for up to `limit` seconds, saying so now and then; gives whether it came."""
    began = time.monotonic()
    reminded = began
    while not holds():
        now = time.monotonic()
        if now - began > limit:
            return False
        if now - reminded > REMINDER:
            reminded = now
            say(f"still waiting for {what} ({now - began:.0f} s)")
        time.sleep(0.01)
    return True
