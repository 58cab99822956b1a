"""Processes of a server: how they are begun, known again, and ended."""

import contextlib
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.services.installation import require

# In the environment of all that a server starts: its folder. So even a process that a killed `up` had no time to
# write down is found again, and a stranger that was given its pid is not mistaken for it.
MARK = "PARLEY_SERVICE_FOLDER"


class Process(NamedTuple):
    """A pid, and when it began in clock ticks since boot: pids are given again, the two together are not."""

    pid: int
    began: int

    @classmethod
    def of(cls, pid: int) -> "Process":
        """Raises ProcessLookupError."""
        return cls(pid, _look(pid)[1])

    @property
    def alive(self) -> bool:
        try:
            state, began = _look(self.pid)
        except ProcessLookupError:
            return False
        if began != self.began or state == "X":
            return False
        if state == "Z":
            # The main thread is one before the others have ended and let go of files and ports.
            with contextlib.suppress(FileNotFoundError):
                if len(os.listdir(f"/proc/{self.pid}/task")) > 1:
                    return True
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, os.WNOHANG)
            return False
        return True

    @property
    def paused(self) -> bool:
        return self.alive and _look(self.pid)[0] == "T"

    def send(self, number: signal.Signals) -> bool:
        """Signal this process and no other; gives whether it was there."""
        try:
            handle = os.pidfd_open(self.pid)
        except (ProcessLookupError, FileNotFoundError):
            # The latter if the number is that of a thread by now.
            return False
        try:
            if not self.alive:
                return False
            signal.pidfd_send_signal(handle, number)
        except ProcessLookupError:
            return False
        finally:
            os.close(handle)
        return True


def _look(pid: int) -> tuple[str, int]:
    """State letter and start; the name before them may hold anything, even brackets."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        raise ProcessLookupError(pid) from None
    fields = text.rpartition(")")[2].split()
    return fields[0], int(fields[19])


def begin(
    command: Sequence[str], folder: Path, log: Path, variables: Mapping[str, str], *, lasting: bool
) -> Process:
    """Begin a process whose output goes to `log`; unless it is `lasting`, it dies with this process."""
    if not lasting:
        command = [require("setpriv", "util-linux"), "--pdeathsig", "KILL", "--", *command]
    environment = {**os.environ, **variables, MARK: str(folder.resolve())}
    # "Parent" in a parent-death signal is the thread; one of a test may end long before the test does.
    return _spawner().submit(_spawn, [*command], log, environment).result()


@cache
def _spawner() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="services")


def _spawn(command: list[str], log: Path, environment: Mapping[str, str]) -> Process:
    # Not Popen, which warns when a process that should stay outlives the object. All other files of Python are
    # closed on exec.
    pid = os.posix_spawn(
        command[0],
        command,
        environment,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigdef=[signal.SIGPIPE, signal.SIGINT, signal.SIGTERM],
    )
    return Process.of(pid)


def marked(folder: Path) -> Iterator[Process]:
    """All living processes that carry the mark of this folder."""
    mark = f"{MARK}={folder.resolve()}".encode()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        # Those that end meanwhile, and other users' processes.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                yield Process.of(int(entry.name))
