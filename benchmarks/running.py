"""The server that is measured, in processes of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


class Running:
    """A started server."""

    def __init__(self, url: str, arbiter: int) -> None:
        self.url = url
        self._arbiter = arbiter

    @property
    def workers(self) -> list[int]:
        """The pids of those that have been forked."""
        children = Path(f"/proc/{self._arbiter}/task/{self._arbiter}/children").read_text(encoding="ascii")
        return [int(child) for child in children.split()]

    def resident_mb(self) -> float:
        """The highest resident set of the worker so far, in MB."""
        status = Path(f"/proc/{self.workers[0]}/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024


@contextmanager
def running(module: str, *arguments: object, **environment: str) -> Iterator[Running]:
    """`python -m module arguments`, whose first line ends with its URL; stopped at the end."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, **environment}
    )
    try:
        assert process.stdout is not None
        yield Running(process.stdout.readline().split()[-1], process.pid)
    finally:
        process.terminate()
        process.communicate()
