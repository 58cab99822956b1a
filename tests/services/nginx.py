"""nginx as the gateway before a cluster, by the configuration that production has."""

import re
import shutil
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from tests.services.errors import ServiceError
from tests.services.files import CHECKOUT
from tests.services.installation import require
from tests.services.process import Process
from tests.services.server import Server

CONFIGURATION = CHECKOUT / "docker" / "nginx.conf"
ANSWER_LIMIT = 5.0
# A process that is gone is tried again after a second: to find it gone costs nothing.
PASSED_OVER = "max_fails=1 fail_timeout=1s"
TEMPORARY = "".join(
    f"{name}_temp_path {name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
)


class Nginx(Server):
    """Sends commands and queries to those ports of loopback; `port`: its own, by default a free one."""

    name = "nginx"
    title = "nginx"
    # What `bin/services env` would print; this one has no line there, since it means nothing without the rest.
    variable = ""
    programs: ClassVar[dict[str, str]] = {"nginx": "nginx"}
    passwords: ClassVar[Sequence[str]] = ()

    def __init__(
        self,
        folder: Path,
        commands: Sequence[int] = (),
        queries: Sequence[int] = (),
        *,
        port: int | None = None,
        lasting: bool = False,
    ) -> None:
        super().__init__(folder, lasting=lasting)
        self._commands = tuple(commands)
        self._queries = tuple(queries)
        self._port = port

    def find_version(self) -> str:
        line = subprocess.run([_program(), "-v"], check=True, capture_output=True, text=True).stderr
        match = re.search(r"nginx/(\d+\.\d+\.\d+)", line)
        if match is None:
            raise ServiceError(f"nginx -v says {line!r}; install Debian's nginx")
        return match[1]

    @property
    def port(self) -> int:
        return self._port or super().port

    def make(self) -> None:
        shutil.copy(CONFIGURATION, self.folder / "nginx.conf")
        self._write("gateway-listen.conf", f"listen 127.0.0.1:{self.port};\n")
        sides = {"commands": self._commands, "queries": self._queries}
        self._write(
            "gateway-upstreams.conf", TEMPORARY + "".join(_side(side, ports) for side, ports in sides.items())
        )

    def begin(self) -> list[Process]:
        # One process in place of a master and its workers: those would outlive a master that is killed.
        directives = "daemon off; master_process off; pid nginx.pid;"
        options = ["-p", str(self.folder), "-c", str(self.folder / "nginx.conf"), "-e", "stderr"]
        return [self.spawn(_program(), *options, "-g", directives)]

    def answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_LIMIT).close()
        except OSError:
            return False
        return True

    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")


def _side(name: str, ports: Sequence[int]) -> str:
    """An upstream block, and the variable that names it."""
    lines = [f"    server 127.0.0.1:{port} {PASSED_OVER};\n" for port in ports]
    if name == "queries":
        lines.append("    keepalive 64;\n")
    block = f"upstream {name} {{\n    zone {name} 64k;\n{''.join(lines)}}}\n"
    return block + f'map "" ${name} {{\n    default {name};\n}}\n'


def _program() -> str:
    return require("nginx", Nginx.programs["nginx"])
