"""`bin/services` with a run folder of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.services.process import Process, marked

ROOT = Path(__file__).parents[2]


class Services:
    """Each command is a process, as on the command line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PARLEY_SERVICES": str(self.folder),
            **variables,
        }
        return subprocess.Popen(
            [sys.executable, "-m", "tests.services", *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        with self.begin(*arguments, **variables) as process:
            output, said = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, output, said)

    def up(self, name: str) -> str:
        """Start it; gives what was printed."""
        result = self.run("up", name)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def status(self, name: str) -> dict[str, Any]:
        rows = json.loads(self.run("status", "--json").stdout)
        return next(row for row in rows if row["name"] == name)

    def url(self, name: str) -> str:
        """What `env` prints for it."""
        line = self.run("env", name).stdout
        assert line.startswith("export PARLEY_"), line
        return line.strip().partition("=")[2].strip("'")

    def processes(self, name: str) -> list[Process]:
        """All that this server began and that is there."""
        return list(marked(self.folder / name))


@contextmanager
def services_in(folder: Path) -> Iterator[Services]:
    """Stopped and wiped at the end."""
    services = Services(folder)
    try:
        yield services
    finally:
        services.run("down", "--wipe")
