"""One of Parley's processes in a cluster: to start, stop, kill and pause."""

import os
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.services.files import CHECKOUT
from tests.services.installation import require
from tests.services.process import Process
from tests.services.server import Server

ANSWER_LIMIT = 5.0


class Member(Server):
    """It keeps its port, on which its API is, or its health. `answers` once it is ready for its job."""

    passwords: Sequence[str] = ()

    def __init__(
        self, folder: Path, role: str, arguments: Sequence[str], settings: Mapping[str, str], *, lasting: bool
    ) -> None:
        super().__init__(folder, lasting=lasting)
        self.name = self.title = folder.name
        self.role = role
        self.settings = dict(settings)
        self._arguments = tuple(arguments)

    def find_version(self) -> str:
        """All are of this checkout."""
        return ""

    def begin(self) -> list[Process]:
        port = str(self.port)
        variables = {
            **self.settings,
            "PARLEY_DATA": str(self.data),
            "PARLEY_HOST": "127.0.0.1",
            "PARLEY_PORT": port,
            "PARLEY_HEALTH_PORT": port,
            "PARLEY_TRUSTED_PROXIES": "127.0.0.1",
            "PYTHONPATH": str(CHECKOUT),
            "PYTHONSAFEPATH": "1",
        }
        # Settings of this process' own environment are not for it.
        foreign = [name for name in os.environ if name.startswith("PARLEY_") and name not in variables]
        command = [require("env", "coreutils"), *(word for name in foreign for word in ("-u", name))]
        return [self.spawn(*command, sys.executable, "-m", "parley", *self._arguments, **variables)]

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url()}/readyz", timeout=ANSWER_LIMIT) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def workers(self) -> set[int]:
        """Its children."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return {int(child) for child in children.read_text(encoding="ascii").split()}
