"""Folders and locks: where things lie, one maker at a time, whole or not at all."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services.errors import ServiceError
from tests.services.progress import say
from tests.services.tool import run

CHECKOUT = Path(__file__).parents[2]


def run_folder() -> Path:
    """Where `bin/services` keeps the state and data of what it starts."""
    return Path(os.environ.get("PARLEY_SERVICES") or CHECKOUT / ".services").absolute()


def cache_folder() -> Path:
    """Where downloads and templates are kept, for all checkouts of this user."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "parley"


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Hold the lock; gives its file, whose inheritors hold it too.

    The file stays: removing it would let two hold it.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("w") as guard:
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another run works on {path.parent.name}; waiting for it")
            fcntl.flock(guard, fcntl.LOCK_EX)
        yield guard.fileno()


def made(path: Path, make: Callable[[Path, int], None]) -> Path:
    """The folder `path`, made by `make(folder, guard)` if it is not there.

    What a killed run left half made is made anew; programs that make it hold `guard`.
    """
    with locked(path.with_name(f".{path.name}.lock")) as guard:
        if not path.exists():
            half = path.with_name(f".{path.name}.half")
            if half.exists():
                remove(half)
            half.mkdir(mode=0o700)
            make(half, guard)
            half.rename(path)
    return path


def remove(folder: Path) -> None:
    """Remove a folder, unless something is mounted in it: that is somebody else's."""
    inside = f"{folder.resolve()}/"
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        mounted = line.split()[4].encode().decode("unicode_escape")
        if mounted.startswith(inside):
            raise ServiceError(f"{mounted} is mounted in a half-made folder; umount it, then try again")
    shutil.rmtree(folder)


def copy(source: Path, target: Path, guard: int) -> None:
    """Copy a folder's content, with its holes as holes."""
    run(["cp", "-a", "--reflink=auto", "--sparse=always", f"{source}/.", str(target)], guard=guard)


def write_secret(path: Path, text: str) -> None:
    """Replace a file as a whole; only its owner can read it."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)
