"""RabbitMQ, with an epmd of its own."""

import os
import re
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from tests.services.errors import ServiceError
from tests.services.files import write_secret
from tests.services.installation import require
from tests.services.ports import PRIVATE
from tests.services.process import Process
from tests.services.progress import wait
from tests.services.server import START_LIMIT, Server

ANSWER_LIMIT = 5.0
HEADER = b"AMQP\x00\x00\x09\x01"


class RabbitMQ(Server):
    """`options` are lines of rabbitmq.conf: ["vm_memory_high_watermark.absolute = 64MB"]."""

    name = "rabbitmq"
    title = "RabbitMQ"
    variable = "PARLEY_BUS_URL"
    programs: ClassVar[dict[str, str]] = {"rabbitmq-server": "rabbitmq-server", "epmd": "erlang-base"}
    ports: ClassVar[dict[str, range]] = dict.fromkeys(("port", "distribution", "epmd"), PRIVATE)
    passwords: ClassVar[Sequence[str]] = ("password", "cookie")

    def find_version(self) -> str:
        """From where it lies: asked for its version, it would start a broker."""
        script = _script()
        places = [*map(str, script.parent.parent.glob("lib/rabbitmq_server-*")), str(script.resolve())]
        for place in places:
            match = re.search(r"rabbitmq_server-(\d+\.\d+\.\d+)", place)
            if match:
                return match[1]
        raise ServiceError(f"the version of {script} is not known; install RabbitMQ from Debian's package")

    def begin(self) -> list[Process]:
        state = self.state
        variables = self._variables()
        epmd = require("epmd", self.programs["epmd"])
        # Begun here, since the one that Erlang begins leaves its parent at once, and would outlive it.
        names = self.spawn(epmd, "-address", "127.0.0.1", "-port", str(state.ports["epmd"]), **variables)
        wait(lambda: _listens(state.ports["epmd"]) or not names.alive, "epmd to answer", START_LIMIT)
        return [self.spawn(str(_script()), **variables), names]

    def control(self, *arguments: str) -> str:
        """Run rabbitmqctl; gives what it prints."""
        tool = str(_script().with_name("rabbitmqctl"))
        command = [tool, "--node", f"parley-{self.port}@localhost", *arguments]
        # It takes the cookie from HOME.
        environment = {**os.environ, **self._variables()}
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    def _variables(self) -> dict[str, str]:
        """All that would otherwise come from the system's folders comes from this one."""
        state = self.state
        configuration = self.folder / "conf.d"
        configuration.mkdir(exist_ok=True)
        write_secret(configuration / "rabbitmq.conf", "\n".join([*self._configuration(), *self.options, ""]))
        write_secret(self.folder / "advanced.config", "[].\n")
        write_secret(self.folder / "enabled_plugins", "[].\n")
        write_secret(self.folder / "environment", "")
        write_secret(self.folder / ".erlang.cookie", state.secrets["cookie"])
        (self.folder / ".erlang.cookie").chmod(0o400)
        return {
            "HOME": str(self.folder),
            "ERL_CRASH_DUMP": str(self.folder / "erl_crash.dump"),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(state.ports["epmd"]),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.folder / "advanced.config"),
            "RABBITMQ_CONFIG_FILES": str(configuration / "*.conf"),
            "RABBITMQ_CONFIG_FILE": str(configuration / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "environment"),
            "RABBITMQ_DIST_PORT": str(state.ports["distribution"]),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_LOG_BASE": str(self.folder),
            "RABBITMQ_MNESIA_BASE": str(self.data),
            "RABBITMQ_NODENAME": f"parley-{self.port}@localhost",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            # Its script then becomes the server, in place of standing beside it and hiding it from signals.
            "RUNNING_UNDER_SYSTEMD": "true",
        }

    def _configuration(self) -> list[str]:
        return [
            f"listeners.tcp.local = 127.0.0.1:{self.port}",
            "default_user = parley",
            f"default_pass = {self.state.secrets['password']}",
            "default_user_tags.administrator = true",
        ]

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_LIMIT) as connection:
                connection.sendall(HEADER)
                # The first byte of a method's frame; a wrong version would be answered by another header.
                return connection.recv(1) == b"\x01"
        except OSError:
            return False

    def url(self) -> str:
        return f"amqp://parley:{self.state.secrets['password']}@127.0.0.1:{self.port}/"


def _script() -> Path:
    """The server's own script; the one that Debian has on the PATH changes to another user first."""
    found = Path(require("rabbitmq-server", RabbitMQ.programs["rabbitmq-server"]))
    own = found.parent.parent / "lib/rabbitmq/bin/rabbitmq-server"
    return own if os.access(own, os.X_OK) else found


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=ANSWER_LIMIT).close()
    except OSError:
        return False
    return True
