"""Programs: found where they are, or installed from Debian's packages without starting any system service."""

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.services.errors import NotInstalled, ServiceError
from tests.services.files import locked
from tests.services.progress import say, step
from tests.services.tool import run

POLICY = Path("/usr/sbin/policy-rc.d")
LOCK = Path("/run/lock/parley-services/lock")
OURS = "# Put here by Parley's bin/services while it installs; safe to remove.\n"
REFUSE = f"#!/bin/sh\n{OURS}exit 101\n"


def find(program: str) -> str | None:
    """The path of a program; servers lie in the sbin folders, which a user's PATH often lacks."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    folders += [str(Path(folder).parent / "sbin") for folder in folders if Path(folder).name == "bin"]
    return shutil.which(program, path=os.pathsep.join(folders))


def require(program: str, package: str) -> str:
    """The path of a program. Raises NotInstalled, naming the Debian package."""
    path = find(program)
    if path is None:
        raise NotInstalled(f"{program} was not found; install it (Debian, Ubuntu: apt-get install {package})")
    return path


def install(packages: Sequence[str]) -> None:
    """Install Debian packages; their services are not started. Raises NotInstalled where that can't be done."""
    names = " ".join(packages)
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        why = "there is no apt-get here" if apt is None else "only root can install it"
        raise NotInstalled(
            f"not installed, and {why}; install it first (Debian, Ubuntu: apt-get install {names})"
        )
    command = [apt, "-y", "-q", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Options::=--force-confold"]
    variables = {"DEBIAN_FRONTEND": "noninteractive"}
    with (
        step(f"installing {names} with apt-get"),
        locked(LOCK) as guard,
        services_not_started(POLICY),
    ):
        try:
            run([*command, "install", "--no-install-recommends", *packages], guard=guard, variables=variables)
        except ServiceError:
            say("trying again with new package lists")
            # It fails when any source does, even one that none of these packages comes from.
            with contextlib.suppress(ServiceError):
                run([*command, "update"], guard=guard, variables=variables)
            run([*command, "install", "--no-install-recommends", *packages], guard=guard, variables=variables)


def forget_policy() -> None:
    """Take away what a killed run left in place while it was installing; it would keep services from starting."""
    if os.geteuid() == 0 and _is_ours(POLICY):
        with locked(LOCK):
            _restore(POLICY, _kept(POLICY))


@contextlib.contextmanager
def services_not_started(policy: Path) -> Iterator[None]:
    """Have Debian's packages start nothing meanwhile; what a killed run left in place is taken away first."""
    kept = _kept(policy)
    _restore(policy, kept)
    if os.path.lexists(policy):
        os.link(policy, kept, follow_symlinks=False)
    new = policy.with_name(f"{policy.name}.parley")
    new.write_text(REFUSE, encoding="ascii")
    new.chmod(0o755)
    new.replace(policy)
    try:
        yield
    finally:
        _restore(policy, kept)


def _kept(policy: Path) -> Path:
    return policy.with_name(f"{policy.name}.before-parley")


def _is_ours(policy: Path) -> bool:
    return policy.is_file() and OURS in policy.read_text(encoding="utf-8", errors="replace")


def _restore(policy: Path, kept: Path) -> None:
    if not _is_ours(policy):
        kept.unlink(missing_ok=True)
    elif os.path.lexists(kept):
        kept.replace(policy)
    else:
        policy.unlink()
