"""The processes of a cluster and their gateway, in a folder."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from tests.cluster.member import Member
from tests.cluster.shape import USUAL, Shape
from tests.services.errors import ServiceError
from tests.services.files import CHECKOUT, write_secret
from tests.services.nginx import Nginx
from tests.services.ports import PRIVATE, free_port
from tests.services.progress import wait
from tests.services.server import Server

S = TypeVar("S", bound=Server)

PLAN = "cluster.json"
ANSWER_LIMIT = 5.0
REACH_LIMIT = 10.0


class Cluster:
    """Dies with this process unless it is `lasting`. Another object on the same folder speaks of the same cluster.

    `settings` are the variables of all its processes; nothing else of Parley's comes to them from outside.
    """

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str],
        shape: Shape = USUAL,
        *,
        port: int = 0,
        lasting: bool = False,
    ) -> None:
        """`port` is the gateway's; 0: any free one."""
        self.folder = folder.absolute()
        self.settings = dict(settings)
        self.shape = shape
        self.members: list[Member] = []
        for role, arguments in shape.members():
            name = f"{role}-{len(self.of(role)) + 1}"
            self.members.append(Member(self.folder / name, role, arguments, settings, lasting=lasting))
        commands, queries = (
            [_kept_port(member) for member in self.of(role)] for role in ("command-api", "query-api")
        )
        self.gateway = Nginx(self.folder / "gateway", commands, queries, lasting=lasting)
        _kept_port(self.gateway, port)

    @classmethod
    def load(cls, folder: Path, *, lasting: bool = True) -> "Cluster | None":
        """The one that was planned in that folder, if any."""
        try:
            plan = json.loads((folder / PLAN).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return cls(folder, plan["settings"], Shape(**plan["shape"]), port=plan["port"], lasting=lasting)

    def save(self) -> None:
        """Write down what `load` needs."""
        plan = {"settings": self.settings, "shape": self.shape._asdict(), "port": self.gateway.port}
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_secret(self.folder / PLAN, json.dumps(plan, indent=1) + "\n")

    @property
    def url(self) -> str:
        """The public address."""
        return self.gateway.url()

    @property
    def log_url(self) -> str:
        return self.settings["PARLEY_LOG_URL"]

    @property
    def everything(self) -> Sequence[Server]:
        """The processes, then the gateway."""
        return [*self.members, self.gateway]

    def of(self, role: str) -> list[Member]:
        """Those of one role: "command-api", "query-api", "projector-tables", "projector-search", "scheduler"."""
        return [member for member in self.members if member.role == role]

    def start(self, say: Callable[[str], None] = lambda _: None) -> "Cluster":
        """Make the tables, start what does not run, all at once; returns when all are ready. Raises ServiceError.

        A start that fails or is interrupted leaves nothing running.
        """
        try:
            self._migrate(say)
            self._start_all(say)
            if not wait(self.answers, "the gateway to reach them", REACH_LIMIT):
                raise ServiceError(f"{self.url} does not lead to them; see {self.gateway.log}")
        except BaseException:
            self.kill()
            raise
        return self

    def _start_all(self, say: Callable[[str], None]) -> None:
        began = time.monotonic()

        def start(server: Server) -> None:
            server.start()
            say(f"{server.name}: ready ({time.monotonic() - began:.1f} s)")

        with ThreadPoolExecutor(len(self.everything)) as pool:
            starts = [pool.submit(start, server) for server in self.everything]
            try:
                for each in starts:
                    each.result()
            except BaseException:
                # Those that still wait for an answer are not to wait any longer.
                self.kill()
                raise

    def answers(self) -> bool:
        """Whether the public address leads to all on both sides; for a second, nginx passes over what was gone."""
        asked = [("GET", "/livez"), ("OPTIONS", "/applications")]
        try:
            for method, path in asked * max(self.shape.commands, self.shape.queries):
                urllib.request.urlopen(
                    urllib.request.Request(f"{self.url}{path}", method=method), timeout=ANSWER_LIMIT
                ).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """First the gateway, so that no request is lost; then the rest, which ends what it has at hand."""
        self.gateway.stop()
        at_once(Member.stop, self.members)

    def kill(self) -> None:
        """SIGKILL to all of it."""
        at_once(Server.kill, self.everything)

    def restart(self) -> None:
        """Kill all processes but the gateway, and start them again on the same ports."""
        at_once(Member.kill, self.members)
        at_once(Member.start, self.members)
        wait(self.answers, "the gateway to reach them", REACH_LIMIT)

    def wipe(self) -> None:
        """Kill all of it, and remove the folder."""
        self.kill()
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def parley(self, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run one command with the cluster's settings to its end."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
        settings = {"PARLEY_DATA": str(self.folder / "data"), **self.settings}
        return subprocess.run(
            [sys.executable, "-m", "parley", *arguments],
            env={**environment, "PYTHONPATH": str(CHECKOUT), "PYTHONSAFEPATH": "1", **settings},
            text=True,
            capture_output=True,
            timeout=timeout,
            check=False,
        )

    def _migrate(self, say: Callable[[str], None]) -> None:
        say("making the tables …")
        made = self.parley("migrate")
        if made.returncode:
            raise ServiceError(f"parley migrate failed; mend what it says and try again:\n{made.stderr}")


def at_once(act: Callable[[S], object], servers: Iterable[S]) -> None:
    """All are acted on, even when one fails. Raises what the first one that failed has raised."""
    servers = list(servers)
    with ThreadPoolExecutor(len(servers)) as pool:
        acts = [pool.submit(act, server) for server in servers]
    for each in acts:
        each.result()


def _kept_port(server: Server, wanted: int = 0) -> int:
    """The port that it has or gets, written down for its start."""
    state = server.state
    if wanted or "port" not in state.ports:
        state.ports["port"] = wanted or free_port(PRIVATE)
        server.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        state.write(server.folder)
    return state.ports["port"]
