"""A Docker engine of the tests' own: a plain process, with its containers inside it."""

import json
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from tests.services.errors import NotInstalled, ServiceError
from tests.services.installation import require
from tests.services.process import Process
from tests.services.progress import wait
from tests.services.server import ANSWER_LIMIT, START_LIMIT, Server
from tests.services.tool import run

# All it starts is in a process namespace that ends with its first process, containers too, and its mounts are nobody
# else's. A containerd of the machine's is hidden, or it would be used.
APART = """\
for folder in /run/containerd /run/docker; do
    if [ -d "$folder" ]; then mount -t tmpfs none "$folder"; fi
done
exec "$@"
"""


class Engine(Server):
    """`url()` is what DOCKER_HOST should say. Its images and volumes stay in `data` until it is wiped."""

    name = "docker"
    title = "Docker"
    variable = "DOCKER_HOST"
    programs: ClassVar[dict[str, str]] = {"dockerd": "docker.io", "docker-init": "tini"}
    ports: ClassVar[dict[str, range]] = {}
    passwords: ClassVar[Sequence[str]] = ()

    @classmethod
    def install(cls) -> None:
        if os.geteuid() != 0:
            raise NotInstalled("only root can run a Docker engine; run this as root")
        super().install()

    def find_version(self) -> str:
        if os.geteuid() != 0:
            raise NotInstalled("only root can run a Docker engine; run this as root")
        line = subprocess.check_output([require("dockerd", "docker.io"), "--version"], text=True)
        match = re.search(r"version (\d+\.\d+\.\d+)", line)
        if match is None:
            raise ServiceError(f"dockerd --version says {line!r}; install Debian's docker.io")
        return match[1]

    def make(self) -> None:
        self.data.mkdir(exist_ok=True)
        # Else the machine's own would be read.
        (self.folder / "daemon.json").write_text("{}\n", encoding="ascii")
        (self.folder / "client").mkdir(exist_ok=True)
        self._socket.unlink(missing_ok=True)
        self._pid_file.unlink(missing_ok=True)

    def begin(self) -> list[Process]:
        apart = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child=KILL"]
        daemon = [
            *(require("docker-init", "tini"), "--", require("dockerd", "docker.io")),
            *("--config-file", str(self.folder / "daemon.json")),
            # Names, health and published ports need no packet filter, and the machine's is left alone.
            *("--iptables=false", "--ip6tables=false", "--bridge=none"),
            *("--data-root", str(self.data)),
            *("--exec-root", str(self.folder / "exec")),
            *("--pidfile", str(self._pid_file)),
            *("--host", self.url()),
            *("--log-level", "warn"),
        ]
        outer = self.spawn(
            *(require("unshare", "util-linux"), *apart[1:], "--mount-proc"),
            *("sh", "-c", APART, "sh", *daemon),
        )
        wait(lambda: bool(_children(outer.pid)) or not outer.alive, "dockerd to begin", START_LIMIT)
        # The first of its namespace passes signals on to dockerd; the outer one only waits for it.
        return [*map(Process.of, _children(outer.pid)), outer]

    def answers(self) -> bool:
        asked = [self.client, "version", "--format", "{{.Server.Version}}"]
        try:
            return not subprocess.run(
                asked, env=self.environment(), capture_output=True, timeout=ANSWER_LIMIT, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            return False

    def url(self) -> str:
        return f"unix://{self._socket}"

    # What is asked of it.

    @property
    def client(self) -> str:
        """The `docker` program that came with it."""
        beside = Path(require("dockerd", "docker.io")).parents[1] / "bin" / "docker"
        return str(beside) if beside.exists() else require("docker", "docker.io")

    def environment(self, **variables: str) -> dict[str, str]:
        """For `docker` and `docker-compose`: they speak with this engine, and read no settings of the user's."""
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("DOCKER", "COMPOSE"))
        }
        own = {
            "DOCKER_HOST": self.url(),
            "DOCKER_CONFIG": str(self.folder / "client"),
            # The other builder asks for an image of its own from a registry.
            "DOCKER_BUILDKIT": "0",
            "COMPOSE_DOCKER_CLI_BUILD": "0",
        }
        return {**inherited, **own, **variables}

    def docker(self, *arguments: str, said: bytes | None = None) -> str:
        """Run `docker`; gives what it prints. Raises ServiceError with what it complains of."""
        done = subprocess.run(
            [self.client, *arguments], env=self.environment(), input=said, capture_output=True, check=False
        )
        if done.returncode:
            complaint = done.stderr.decode(errors="replace").strip()
            raise ServiceError(f"docker {' '.join(arguments[:3])} …: {complaint[-2000:]}")
        return done.stdout.decode()

    def build(self, folder: Path, tag: str, **arguments: str) -> None:
        """Build the Dockerfile of a folder; its steps reach the packages that this machine reaches."""
        options = [
            option for name, value in arguments.items() for option in ("--build-arg", f"{name}={value}")
        ]
        command = [self.client, "build", "--network=host", "--tag", tag, *options, str(folder)]
        run(command, variables=self.environment())

    def inspect(self, *names: str) -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads(self.docker("inspect", *names))
        return found

    @property
    def _socket(self) -> Path:
        return self.folder / "docker.sock"

    @property
    def _pid_file(self) -> Path:
        return self.folder / "docker.pid"


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []
