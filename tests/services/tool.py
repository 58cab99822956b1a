"""Programs that run for a while and end: installers and makers of data folders."""

import os
import subprocess
import time
from collections import deque
from collections.abc import Mapping, Sequence

from tests.services.errors import ServiceError
from tests.services.progress import REMINDER, say

LAST_LINES = 15


def run(
    command: Sequence[str], *, guard: int | None = None, variables: Mapping[str, str] | None = None
) -> None:
    """Run it, showing every few seconds what it is at. Raises ServiceError with the end of its output.

    `guard` is the file of a lock, which it holds too: should this process be killed, the next one waits for it.
    """
    last: deque[str] = deque(maxlen=LAST_LINES)
    shown = time.monotonic()
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(variables or {})},
            pass_fds=[] if guard is None else [guard],
            text=True,
            errors="replace",
        )
    except FileNotFoundError:
        raise ServiceError(f"{command[0]} was not found; install it, or put it on PATH") from None
    assert process.stdout is not None
    with process, process.stdout:
        try:
            for line in process.stdout:
                last.append(line)
                if line.strip() and time.monotonic() - shown > REMINDER:
                    shown = time.monotonic()
                    say(f"… {line.strip()[:100]}")
        except BaseException:  # interrupted: this one is to end, too
            process.terminate()
            raise
    if process.returncode:
        said = "".join(f"\n  | {line.rstrip()}" for line in last)
        raise ServiceError(
            f"{command[0]} failed; mend what it says and try again (exit {process.returncode}):{said}"
        )
