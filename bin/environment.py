"""Makes .venv from a lock file: one start at a time, stamped last so that a killed install is begun again."""

import contextlib
import fcntl
import importlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

# The development lock holds all of the other one at the same versions, so it satisfies both.
SATISFIES = {
    "requirements.txt": ["requirements.txt"],
    "requirements-dev.txt": ["requirements.txt", "requirements-dev.txt"],
}

OFFLINE = """\
parley: installing the requirements failed (see above); nothing is half used, the next start begins again.
  Without a network: on a machine that has one, `pip download -r {lock} -d wheels`, bring that folder here,
  then once `PIP_NO_INDEX=1 PIP_FIND_LINKS=wheels bin/{program}`."""

NO_VENV = """\
parley: this Python ({python}) has no working `{missing}` module, which makes the environment.
  Debian and Ubuntu: `apt install python3-venv`.
  Or name another Python: PARLEY_PYTHON=/path/to/python3.12 bin/parley"""


class Failed(Exception):
    """The environment could not be made; the text says what to do."""


def main(lock: str) -> int:
    if lock not in SATISFIES:
        return say("usage: bin/environment [dev]", 2)
    try:
        require_modules()
        with one_at_a_time() as guard:
            if not fits(lock):  # another start may have made it while this one waited
                make(lock, guard)
    except Failed as failure:
        return say(str(failure), 1)
    except OSError as error:
        return say(f"parley: can't make the environment in {VENV}: {error}", 1)
    except KeyboardInterrupt:
        return say("parley: stopped; the next start makes the environment from the beginning", 130)
    return 0


def require_modules() -> None:
    """Debian ships `venv` without `ensurepip`, and notices only half way."""
    for module in ("venv", "ensurepip"):
        try:
            importlib.import_module(module)
        except ImportError:
            raise Failed(NO_VENV.format(python=sys.executable, missing=module)) from None


@contextlib.contextmanager
def one_at_a_time() -> Iterator[int]:
    with (ROOT / ".venv.lock").open("w") as guard:
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("parley: another start is making the environment; waiting for it")
            fcntl.flock(guard, fcntl.LOCK_EX)
        yield guard.fileno()


def fits(lock: str) -> bool:
    """The question that bin/environment asks too."""
    return PYTHON.exists() and stamp(lock).exists() and stamp(lock).read_bytes() == (ROOT / lock).read_bytes()


def complete() -> bool:
    """An install once ended here, and its Python is still there: what is new can go on top."""
    return PYTHON.exists() and any(stamp(lock).exists() for lock in SATISFIES)


def stamp(lock: str) -> Path:
    return VENV / f"installed-{lock}"


def make(lock: str, guard: int) -> None:
    started = time.monotonic()
    # Read before pip reads them: a file that changes meanwhile must not count as installed.
    satisfied = {name: (ROOT / name).read_bytes() for name in SATISFIES[lock]}
    if complete():
        say(f"parley: {lock} is new here; bringing .venv up to date")
        for name in SATISFIES:
            stamp(name).unlink(missing_ok=True)
    else:
        say(f"parley: making the environment in .venv from {lock} (once, about a minute)")
        create(guard)
    install(lock, guard)
    for name, content in satisfied.items():
        stamp(name).write_bytes(content)
    say(f"parley: the environment is ready ({time.monotonic() - started:.0f} s)")


def create(guard: int) -> None:
    # The base, because --clear would delete an activated .venv's Python under its own feet; its real path,
    # because that one names its version: `python3` may be another version tomorrow, with no packages here.
    python = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    if run([python, "-I", "-m", "venv", "--clear", str(VENV)], guard):
        raise Failed(NO_VENV.format(python=python, missing="venv"))


def install(lock: str, guard: int) -> None:
    pip = [str(PYTHON), "-I", "-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check"]
    if run([*pip, "install", "--require-hashes", "--requirement", str(ROOT / lock)], guard):
        raise Failed(OFFLINE.format(lock=lock, program="test" if "dev" in lock else "parley"))


def run(command: list[str], guard: int) -> int:
    """Its output goes to stderr; it keeps the lock, so that a killed start's orphan is waited for."""
    return subprocess.run(command, stdout=sys.stderr, pass_fds=[guard], check=False).returncode


def say(text: str, code: int = 0) -> int:
    sys.stderr.write(text + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
