"""Programs of Debian's unstable release, in a folder of their own beside a system that has them not."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.services.errors import NotInstalled, ServiceError
from tests.services.installation import find, install, require
from tests.services.tool import run

RELEASE = "sid"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def install_bootstrap(title: str) -> None:
    """Get what makes such folders. Raises NotInstalled, which speaks of `title`."""
    if os.geteuid() != 0:
        raise NotInstalled(
            f"{title} was not found, and only root can make a folder with Debian's; "
            f"install {title} so that its server is on PATH, or run this as root"
        )
    if find("debootstrap") is None or not KEYRING.exists():
        install(["debootstrap", "debian-archive-keyring"])


def bootstrap(folder: Path, package: str, guard: int) -> None:
    """Make a folder with that package and what it needs; its maintainers' scripts see only that folder."""
    command = [
        require("debootstrap", "debootstrap"),
        "--variant=minbase",
        f"--keyring={KEYRING}",
        "--force-check-gpg",
        f"--include={package}",
        RELEASE,
        str(folder),
        *_mirror(),
    ]
    # It mounts /proc and more in the folder; in a namespace of its own they are gone even when it is killed.
    apart = ["unshare", "--mount", "--propagation", "private"]
    if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode == 0:
        command = [*apart, *command]
    run(command, guard=guard)
    # What was downloaded is unpacked now.
    shutil.rmtree(folder / "var/cache/apt/archives")


def _mirror() -> list[str]:
    """Where this system gets its Debian packages from; elsewhere debootstrap has its own idea."""
    apt = shutil.which("apt-get")
    if apt is None:
        return []
    listing = [apt, "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)", "Created-By: Packages"]
    lines = subprocess.run(listing, capture_output=True, text=True, check=False).stdout.splitlines()
    return [line.split("|")[2] for line in lines if line.startswith("Debian|Debian|")][:1]


def inside(root: Path, program: str) -> list[str]:
    """How a program of such a folder is called from outside: by its own loader, with its own libraries.

    That takes neither root nor mounts, its paths are everybody's, and signals reach the program itself.
    """
    loader = next(iter(root.glob("usr/lib/*/ld-linux-*.so.*")), None)
    if loader is None:
        raise ServiceError(f"there is no loader in {root}; remove it and try again")
    return [str(loader), "--library-path", str(loader.parent), str(root / program)]
