"""The whole of docker-compose.yml, brought up from a fresh clone."""

import json
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.compose.compose import compose
from tests.compose.engine import Engine
from tests.compose.files import foreign_services, own_services
from tests.services.errors import ServiceError
from tests.services.files import CHECKOUT
from tests.services.installation import require
from tests.support.server import eventually

OVERRIDE = Path(__file__).parent / "network.yml"
ONCE = {"secrets", "migrate"}
ANSWER_LIMIT = 10.0
READY_LIMIT = 300.0


class Stack:
    """`folder` is the clone, whose name is the project's. Of Parley's settings only `settings` come from outside."""

    def __init__(self, engine: Engine, folder: Path, generation: str, port: int, **settings: str) -> None:
        self.engine = engine
        self.folder = folder
        self.port = port
        self._compose = compose(generation)
        self._settings = {"PARLEY_PORT": str(port), **settings}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def clone(self) -> None:
        """What is committed, as anybody gets it."""
        subprocess.run(["git", "clone", "-q", str(CHECKOUT), str(self.folder)], check=True)
        self._programs.mkdir()
        (self._programs / "docker").symlink_to(self.engine.client)
        (self._programs / "docker-compose").symlink_to(self._compose)

    @property
    def _programs(self) -> Path:
        """What is first on the PATH of what is typed."""
        return self.folder.with_name(f"{self.folder.name}-programs")

    def type(self, command: str, **variables: str) -> str:
        """Run a line of the documentation; gives what it prints. Raises ServiceError with all it said."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self.folder,
            env={**self.environment(), **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ServiceError(f"{command}: exit {done.returncode}\n{(done.stdout + done.stderr)[-3000:]}")
        return done.stdout

    def environment(self) -> dict[str, str]:
        """For what is typed in the clone."""
        path = f"{self._programs}{os.pathsep}{os.environ['PATH']}"
        environment = self.engine.environment(PATH=path, **self._settings)
        foreign = [name for name in environment if name.startswith("PARLEY_") and name not in self._settings]
        return {name: value for name, value in environment.items() if name not in foreign}

    def compose(self, *arguments: str, check: bool = True) -> str:
        """Run docker-compose in the clone; gives what it prints. Raises ServiceError with all it said."""
        done = self._ran(*arguments)
        if check and done.returncode:
            said = (done.stdout + done.stderr)[-3000:]
            raise ServiceError(
                f"docker-compose {' '.join(arguments)}: exit {done.returncode}\n{said}\n{self.logs()}"
            )
        return done.stdout

    def build(self) -> None:
        self.compose("-f", "docker-compose.yml", "-f", str(OVERRIDE), "build", "secrets")

    def up(self, **scale: int) -> None:
        """Returns when all are healthy and the gateway says that it is ready; by service, as many as `scale` says."""
        options = [f"--scale={name.replace('_', '-')}={count}" for name, count in scale.items()]
        self.compose("up", "-d", *options)
        self.ready()

    def down(self, *, volumes: bool = False) -> None:
        self.compose("down", "--timeout", "60", *(["--volumes"] if volumes else []))

    def ready(self) -> None:
        """Wait until all is healthy."""
        eventually(lambda: not self.ailing() and self.answers(), "the stack is healthy", READY_LIMIT)

    def ailing(self) -> list[str]:
        """Those that are not as they should be, and how they are."""
        return [f"{one.name} {one.state}" for one in self.containers() if not one.well]

    def answers(self) -> bool:
        return bool(self.readyz().get("ready"))

    def readyz(self) -> dict[str, Any]:
        """The gateway's, which is that of one query process; empty if there is no answer."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=ANSWER_LIMIT) as answer:
                read: dict[str, Any] = json.load(answer)
                return read
        except (urllib.error.URLError, OSError):
            return {}

    def parley(self, *arguments: str, check: bool = True) -> str:
        """Run a command where the periodic jobs run."""
        return self.compose("exec", "-T", "scheduler", "python3", "-m", "parley", *arguments, check=check)

    def containers(self, *services: str) -> list["Container"]:
        """Of those services, or all; those of the one-shots, too."""
        mine = f"label=com.docker.compose.project={self.folder.name}"
        names = self.engine.docker("ps", "--all", "--quiet", "--filter", mine).split()
        found = [Container(self.engine, one) for one in self.engine.inspect(*names)] if names else []
        return sorted(
            (one for one in found if one.service in (services or self.services)), key=lambda one: one.name
        )

    @property
    def services(self) -> list[str]:
        return [*own_services(), *foreign_services()]

    def volumes(self, *names: str) -> None:
        """Remove these volumes; nobody may use them."""
        self.engine.docker("volume", "rm", *(f"{self.folder.name}_{name}" for name in names))

    def secret(self, service: str, path: str) -> str:
        """What a file of a container says."""
        return self.compose("exec", "-T", service, "cat", path).strip()

    def log_url(self) -> str:
        """The log as this machine reaches it: by the address of the server's container."""
        (server,) = self.containers("mysql")
        return f"mysql://parley:{self.secret('mysql', '/run/parley/mysql/password')}@{server.address}:3306/parley"

    def logs(self, lines: int = 40) -> str:
        """What each container has said last."""
        return self._ran("logs", "--no-color", f"--tail={lines}").stdout[-20000:]

    def _ran(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self._compose, *arguments],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


class Container:
    """As it was when it was looked at."""

    def __init__(self, engine: Engine, inspected: dict[str, Any]) -> None:
        self._engine = engine
        self.inspected = inspected
        self.name = str(inspected["Name"]).lstrip("/")
        self.service = str(inspected["Config"]["Labels"]["com.docker.compose.service"])

    @property
    def state(self) -> str:
        """ "running, healthy", "exited 0" and the like."""
        state = self.inspected["State"]
        if state["Running"]:
            return f"{state['Status']}, {state.get('Health', {}).get('Status', 'without a health check')}"
        return f"{state['Status']} {state['ExitCode']}"

    @property
    def well(self) -> bool:
        return self.state == ("exited 0" if self.service in ONCE else "running, healthy")

    @property
    def address(self) -> str:
        (network,) = self.inspected["NetworkSettings"]["Networks"].values()
        return str(network["IPAddress"])

    @property
    def published(self) -> list[str]:
        """ "127.0.0.1:3000" and the like."""
        ports: Iterable[list[dict[str, str]] | None] = self.inspected["NetworkSettings"]["Ports"].values()
        return [f"{place['HostIp']}:{place['HostPort']}" for places in ports for place in places or []]

    @property
    def users(self) -> list[int]:
        """Whose its processes are, its first one's first."""
        _, *lines = self._engine.docker("top", self.name, "-eo", "uid,pid").splitlines()
        return [int(line.split()[0]) for line in lines]

    def kill(self) -> None:
        """SIGKILL its first process, as a crash would: the engine does not start again what it is asked to kill."""
        (inner, *_) = self._engine.state.processes
        pid = str(self.inspected["State"]["Pid"])
        enter = [require("nsenter", "util-linux"), "--target", str(inner.pid), "--pid"]
        subprocess.run([*enter, "kill", "-KILL", pid], check=True, env={**os.environ, "LC_ALL": "C"})

    def restart(self) -> None:
        """Stop it in its own way, and start it."""
        self._engine.docker("restart", "--time", "60", self.name)

    def stop(self) -> None:
        self._engine.docker("stop", "--time", "60", self.name)

    def start(self) -> None:
        self._engine.docker("start", self.name)
