"""The data folder of the embedded engine: made once, used by one server at a time."""

import fcntl
import os
from pathlib import Path


class FolderInUse(Exception):
    """Another server works in the folder."""


def occupy(folder: Path) -> int:
    """Make the folder if need be and take it for this process and its children.

    Gives the descriptor that holds it: the lock lasts until the last of them has ended, however it ended.
    Raises FolderInUse.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "serve.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(lock, 32).decode("ascii", "replace").strip()
        os.close(lock)
        raise FolderInUse(
            f"{folder} is used by another Parley server (process {owner or 'unknown'})."
            " Stop that one, or choose another folder with --data."
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock
