"""MariaDB."""

import getpass
import hashlib
import re
import subprocess
from pathlib import Path
from typing import ClassVar

from tests.services.database import Database
from tests.services.errors import ServiceError
from tests.services.files import cache_folder, copy, made
from tests.services.installation import require
from tests.services.process import Process
from tests.services.progress import step
from tests.services.tool import run

# Small, since every private instance has a copy; the redo log's size is fixed when the data folder is made.
STORAGE = ["--innodb-log-file-size=32M"]


class MariaDB(Database):
    """The installed MariaDB, 10.11 or newer."""

    name = "mariadb"
    title = "MariaDB"
    variable = "PARLEY_LOG_URL"
    programs: ClassVar[dict[str, str]] = {
        "mariadbd": "mariadb-server",
        "mariadb-install-db": "mariadb-server",
    }

    def find_version(self) -> str:
        line = subprocess.check_output([_program("mariadbd"), "--no-defaults", "--version"], text=True)
        match = re.search(r"Ver (\d+\.\d+\.\d+)", line)
        if match is None:
            raise ServiceError(f"mariadbd --version says {line!r}; install MariaDB's own mariadb-server")
        return match[1]

    def make(self) -> None:
        if not self.data.exists():
            template = self._template()
            made(self.data, lambda folder, guard: copy(template, folder, guard))

    def _template(self) -> Path:
        """An empty data folder of this version; making one takes longer than copying it."""
        command = [
            _program("mariadb-install-db"),
            "--no-defaults",
            "--skip-test-db",
            "--auth-root-authentication-method=normal",
            f"--user={getpass.getuser()}",
            *STORAGE,
        ]
        digest = hashlib.sha256(" ".join(command).encode()).hexdigest()[:8]
        version = self.state.version

        def make(folder: Path, guard: int) -> None:
            with step(f"making a data folder for MariaDB {version} (once)"):
                run([*command, f"--datadir={folder}"], guard=guard)

        return made(cache_folder() / f"mariadb-{version}-{digest}", make)

    def begin(self) -> list[Process]:
        server = _program("mariadbd")
        return [
            self.spawn(server, "--no-defaults", f"--user={getpass.getuser()}", *STORAGE, *self.arguments())
        ]


def _program(name: str) -> str:
    return require(name, MariaDB.programs[name])
