"""The server that is measured, in processes of its own."""

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

    def resident_mb(self) -> float:
        """The highest resident set of the worker so far, in MB."""
        children = Path(f"/proc/{self._arbiter}/task/{self._arbiter}/children").read_text(encoding="ascii")
        status = Path(f"/proc/{children.split()[0]}/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024


@contextmanager
def running(data: Path) -> Iterator[Running]:
    """The server on a data folder, stopped at the end."""
    command = [sys.executable, "-m", "benchmarks.noop_server", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        yield Running(process.stdout.readline().split()[-1], process.pid)
    finally:
        process.terminate()
        process.wait()
