"""The folder in which the workers of one server count together, as the library wants it."""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from prometheus_client.multiprocess import mark_process_dead

PREFIX = "parley-metrics-"
# Never on a disk that may be slow: every request writes there.
_MEMORY = "/dev/shm"

_folder: Path | None = None


def shared_folder() -> Path | None:
    """The folder that this process, or the one that it was forked from, has made; None: it counts alone."""
    return _folder


def share() -> None:
    """Make a private folder for this process and all that are forked from now on.

    It is locked for as long as one of them lives. What others have left, who were killed, is removed.
    """
    global _folder
    place = _MEMORY if os.access(_MEMORY, os.W_OK | os.X_OK) else tempfile.gettempdir()
    _sweep(Path(place))
    while _folder is None:
        made = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
        # Another process may have swept it away before it was locked.
        if _locked(made) is not None and made.exists():
            _folder = made
    # Where the library looks for it.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_folder)


def forget(worker: int) -> None:
    """Forget the states of a worker that has ended, by its process id; what it has counted stays."""
    if _folder is not None:
        mark_process_dead(worker, str(_folder))  # type: ignore[no-untyped-call]


def remove() -> None:
    """Remove the folder; for the process that has made it, when all others have ended."""
    global _folder
    if _folder is not None:
        shutil.rmtree(_folder, ignore_errors=True)
        _folder = None


def _sweep(place: Path) -> None:
    for left in place.glob(f"{PREFIX}*"):
        lock = _locked(left)
        if lock is not None:
            if os.fstat(lock).st_uid == os.getuid():
                shutil.rmtree(left, ignore_errors=True)
            os.close(lock)


def _locked(folder: Path) -> int | None:
    """The descriptor that holds the lock; None if somebody else does, or the folder is gone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
