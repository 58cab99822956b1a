"""Redis, without any persistence: nothing that Parley keeps there is worth more than a restart."""

import re
import socket
import subprocess
from typing import ClassVar

from tests.services.errors import ServiceError
from tests.services.files import write_secret
from tests.services.installation import require
from tests.services.process import Process
from tests.services.server import Server

ANSWER_LIMIT = 5.0


class Redis(Server):
    """`options` are its own, as on its command line: ["--maxmemory", "4mb"]."""

    name = "redis"
    title = "Redis"
    variable = "PARLEY_REDIS_URL"
    programs: ClassVar[dict[str, str]] = {"redis-server": "redis-server"}

    def find_version(self) -> str:
        line = subprocess.check_output([_program(), "--version"], text=True)
        match = re.search(r"v=(\d+\.\d+\.\d+)", line)
        if match is None:
            raise ServiceError(f"redis-server --version says {line!r}; install Debian's redis-server")
        return match[1]

    def begin(self) -> list[Process]:
        self.data.mkdir(exist_ok=True)
        # In a file, since everybody can read a command line.
        configuration = self.folder / "redis.conf"
        write_secret(configuration, f"requirepass {self.state.secrets['password']}\n")
        options = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.data), "--save", ""]
        return [self.spawn(_program(), str(configuration), *options, *self.options)]

    def answers(self) -> bool:
        password = self.state.secrets["password"]
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_LIMIT) as connection:
                connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
                with connection.makefile("rb") as answers:
                    return [answers.readline(), answers.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
        except OSError:
            return False

    def url(self) -> str:
        state = self.state
        return f"redis://:{state.secrets['password']}@127.0.0.1:{self.port}/0"


def _program() -> str:
    return require("redis-server", Redis.programs["redis-server"])
