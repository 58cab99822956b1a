"""MySQL 8.4 or newer: an installed one, or Debian's, in a folder of its own."""

import getpass
import os
import re
import subprocess
from pathlib import Path

from tests.services.database import Database
from tests.services.debian import bootstrap, inside, install_bootstrap
from tests.services.errors import NotInstalled, ServiceError
from tests.services.files import cache_folder, copy, made
from tests.services.installation import find
from tests.services.process import Process
from tests.services.progress import step
from tests.services.tool import run

OLDEST = (8, 4)


class MySQL(Database):
    """Passwords by caching_sha2_password, the server's only way."""

    name = "mysql"
    title = "MySQL"
    variable = "PARLEY_LOG_URL"

    @classmethod
    def install(cls) -> None:
        """Debian's stable releases have no MySQL, and its unstable one can't be mixed with them."""
        if _installed() is None and not _root().exists():
            install_bootstrap(cls.title)
            with step("making a folder with Debian's MySQL (once, about a minute)"):
                made(_root(), lambda folder, guard: bootstrap(folder, "mysql-server-core", guard))

    def find_version(self) -> str:
        version = _version(_command())
        if version is None:
            raise ServiceError(f"no version is told by {_command()}; remove {_root()} and try again")
        return version

    def make(self) -> None:
        if not self.data.exists():
            template = made(cache_folder() / f"mysql-{self.state.version}", self._initialise)
            made(self.data, lambda folder, guard: copy(template, folder, guard))

    def _initialise(self, folder: Path, guard: int) -> None:
        command = [*_command(), "--initialize-insecure", f"--user={getpass.getuser()}", f"--datadir={folder}"]
        with step(f"making a data folder for MySQL {self.state.version} (once)"):
            run([*command, "--innodb-redo-log-capacity=8M"], guard=guard)

    def begin(self) -> list[Process]:
        options = [
            f"--user={getpass.getuser()}",
            "--mysqlx=OFF",
            "--secure-file-priv=NULL",
            *self.arguments(),
        ]
        return [self.spawn(*_command(), *options)]


def _root() -> Path:
    return cache_folder() / "debian-mysql"


def _command() -> list[str]:
    """How mysqld is called. Raises NotInstalled."""
    installed = _installed()
    if installed is not None:
        return [installed, "--no-defaults"]
    root = _root()
    if not root.exists():
        raise NotInstalled("MySQL was not found; bin/services up mysql, as root, gets it")
    return [
        *inside(root, "usr/sbin/mysqld"),
        "--no-defaults",
        f"--basedir={root / 'usr'}",
        f"--lc-messages-dir={root / 'usr/share/mysql'}",
        f"--character-sets-dir={root / 'usr/share/mysql/charsets'}",
        f"--plugin-dir={root / 'usr/lib/mysql/plugin'}",
    ]


def _installed() -> str | None:
    """The machine's own mysqld, if it is MySQL's and not too old; MariaDB has a program of that name."""
    path = find("mysqld")
    if path is None or os.path.realpath(path).endswith("mariadbd"):
        return None
    version = _version([path, "--no-defaults"])
    if version is None or tuple(map(int, version.split(".")))[:2] < OLDEST:
        return None
    return path


def _version(command: list[str]) -> str | None:
    line = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False).stdout
    match = re.search(r"Ver (\d+\.\d+\.\d+)(?!\S*MariaDB)", line)
    return match[1] if match else None
