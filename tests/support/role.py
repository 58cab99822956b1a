"""One of Parley's processes: `command-api`, `query-api`, `projector`, `scheduler`."""

import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.server import environment
from tests.support.waiting import until


class Role:
    """A context manager: begun and greeting when it is entered, killed when it is left."""

    def __init__(self, said: Path, *arguments: str, module: str = "parley", **settings: str) -> None:
        """`said` is the file to which its output is added; its APIs and its health listen on free ports.

        `module` is the program.
        """
        self._file = said
        self._command = [sys.executable, "-m", module, *arguments]
        self._settings = {"PARLEY_PORT": "0", "PARLEY_HEALTH_PORT": "0", **settings}
        self._process: subprocess.Popen[bytes] | None = None
        self._before = 0

    def begin(self) -> "Role":
        """Start it, and wait for nothing."""
        self._before = len(self.said)
        with self._file.open("ab") as said:
            self._process = subprocess.Popen(
                self._command, env=environment(**self._settings), stdout=said, stderr=said
            )
        return self

    def start(self) -> "Role":
        """Start it, and wait for its greeting."""
        self.begin()
        until(lambda: self.url or self.ended, "the greeting")
        assert self.url, self.said
        return self

    @property
    def said(self) -> str:
        """All that it has said, over restarts."""
        return self._file.read_text(encoding="utf-8") if self._file.exists() else ""

    @property
    def url(self) -> str:
        """Where its API, or its health, is; "" before the greeting of the last start."""
        found = re.search(r"^Parley .*(http://\S+)$", self.said[self._before :], re.MULTILINE)
        return found[1] if found else ""

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def workers(self) -> set[int]:
        """Its children."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return {int(child) for child in children.read_text(encoding="ascii").split()}

    @property
    def ended(self) -> bool:
        assert self._process is not None
        return self._process.poll() is not None

    def readyz(self) -> tuple[int, Mapping[str, Any]]:
        """Status and document."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    @property
    def ready(self) -> bool:
        return self.readyz()[0] == 200

    def stop(self, sig: int = signal.SIGTERM) -> int:
        """Ask it to stop; gives its exit code."""
        assert self._process is not None
        self._process.send_signal(sig)
        return self._process.wait(60)

    def kill(self) -> None:
        """SIGKILL; workers have to go by themselves."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(60)

    def __enter__(self) -> "Role":
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.kill()
