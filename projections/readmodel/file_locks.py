"""Locks among processes in a folder; freed by a crash."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from projections.readmodel.errors import ReadModelUnavailable

_PATIENCE = 30.0
_PAUSE = 0.05


@contextmanager
def exclusively(path: Path) -> Iterator[bool]:
    """Whether the lock is this one's, until the end; False at once if another has it. Raises ReadModelUnavailable."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ReadModelUnavailable(str(error)) from error
    try:
        yield _locked(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def patiently(path: Path) -> Iterator[None]:
    """The same, but waits for the other to end. Raises ReadModelUnavailable if that takes too long."""
    given_up_at = time.monotonic() + _PATIENCE
    while time.monotonic() < given_up_at:
        with exclusively(path) as is_mine:
            if is_mine:
                yield
                return
        time.sleep(_PAUSE)
    raise ReadModelUnavailable(f"another process has held {path.name} for {_PATIENCE:.0f} s")


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise ReadModelUnavailable(str(error)) from error
    return True
