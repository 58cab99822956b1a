"""Both generations of Compose: Debian's 1.29, and 2, which is built from its Go modules."""

import re
import subprocess
from pathlib import Path

from tests.services.errors import NotInstalled, ServiceError
from tests.services.files import cache_folder, made
from tests.services.installation import find, install, require
from tests.services.progress import step
from tests.services.tool import run

GENERATIONS = ("1.29", "2")
MODULE = "github.com/docker/compose/v2/cmd"
VERSION = "v2.40.3"
# The module's own file says what it is built with; an older one would fetch that by itself.
GO = "go"


def compose(generation: str) -> str:
    """The path of that docker-compose. Raises NotInstalled."""
    path = _debian() if generation == "1.29" else str(_built() / "docker-compose")
    if path is None or not Path(path).exists():
        raise NotInstalled(f"Compose {generation} was not found")
    return path


def install_compose(generation: str) -> None:
    """Get it if it is missing. Raises NotInstalled."""
    if generation == "1.29":
        if _debian() is None:
            install(["docker-compose"])
    else:
        made(_built(), _build)


def _debian() -> str | None:
    path = find("docker-compose")
    if path is None:
        return None
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    return path if re.search(r"version v?1\.29\.", said) else None


def _built() -> Path:
    return cache_folder() / f"compose-{VERSION}"


def _build(folder: Path, guard: int) -> None:
    """`go install` refuses it, since its module replaces some of others'."""
    try:
        go = require(GO, "golang-go")
    except NotInstalled as error:
        raise NotInstalled(f"Compose {VERSION} has to be built, and {error}") from None
    with step(f"building Compose {VERSION} (once, some minutes)"):
        for command in (
            ["mod", "init", "compose"],
            ["get", f"{MODULE}@{VERSION}"],
            ["build", "-o", "docker-compose", MODULE],
        ):
            run(["env", "-C", str(folder), go, *command], guard=guard)
    if not (folder / "docker-compose").exists():
        raise ServiceError("go build left no docker-compose")
