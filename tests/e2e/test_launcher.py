"""bin/parley makes its environment once, again when it no longer fits, and says why when it can't."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKING = "making the environment in .venv"
UPDATING = "bringing .venv up to date"
WAITING = "waiting for it"

# What the launcher starts here instead of Parley.
STUB = """
import os, sys
print(os.getcwd(), *sys.argv[1:])
"""
LOCK = "# Nothing is required, so nothing is downloaded.\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return make_checkout(tmp_path / "a checkout")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with its environment; making one takes seconds."""
    checkout = make_checkout(tmp_path_factory.mktemp("launcher") / "original")
    result = parley(checkout)
    assert result.returncode == 0, result.stderr
    assert MAKING in result.stderr
    return checkout


@pytest.fixture
def made(original: Path, tmp_path: Path) -> Path:
    """A checkout with its environment, free to be changed; that it was moved must not matter."""
    return Path(shutil.copytree(original, tmp_path / "made", symlinks=True))


@pytest.fixture
def python_first(tmp_path: Path) -> Path:
    """A folder for stubs, to be put first on PATH."""
    folder = tmp_path / "stubs"
    folder.mkdir()
    return folder


def make_checkout(folder: Path) -> Path:
    shutil.copytree(ROOT / "bin", folder / "bin")
    for lock in ("requirements.txt", "requirements-dev.txt"):
        (folder / lock).write_text(LOCK)
    (folder / "parley").mkdir()
    (folder / "parley" / "__init__.py").touch()
    (folder / "parley" / "__main__.py").write_text(STUB)
    return folder


def environment(**extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"PARLEY_PYTHON", "PYTHONPATH"}}
    return {**kept, **extra}


def parley(checkout: Path, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    command = [str(checkout / "bin" / "parley"), *arguments]
    variables = environment(**extra)
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=120)


def write_script(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_second_start_is_silent_and_passes_arguments(made: Path) -> None:
    result = parley(made, "serve", "--data", "a b")

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"{Path.cwd()} serve --data a b\n"


def test_starts_from_anywhere_through_a_link(made: Path, tmp_path: Path) -> None:
    (tmp_path / "parley").mkdir()
    (tmp_path / "parley" / "__main__.py").write_text("raise SystemExit('the wrong parley')")
    (tmp_path / "link").symlink_to(made / "bin" / "parley")

    command = [str(tmp_path / "link"), "status"]
    result = subprocess.run(
        command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"{tmp_path} status\n"


def test_new_lock_file_brings_it_up_to_date_once(made: Path) -> None:
    (made / "requirements.txt").write_text(LOCK + "# Changed.\n")

    assert UPDATING in parley(made).stderr
    assert parley(made).stderr == ""


def test_development_environment_satisfies_the_program(made: Path) -> None:
    (made / "requirements-dev.txt").write_text(LOCK + "# And its tests.\n")

    result = subprocess.run(
        [made / "bin" / "environment", "dev"], env=environment(), capture_output=True, check=False
    )

    assert result.returncode == 0
    assert parley(made).stderr == ""


def test_python_that_went_away_makes_it_anew(made: Path) -> None:
    python = made / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3.10")

    assert MAKING in parley(made).stderr
    assert parley(made).stderr == ""


def test_environment_names_the_version_of_its_python(original: Path) -> None:
    """An upgrade of the system's python3 must break the link, not change what it runs."""
    major, minor, *_ = sys.version_info

    assert (original / ".venv" / "bin" / "python3").readlink().name == f"python{major}.{minor}"


def test_two_at_once_make_one(checkout: Path) -> None:
    starts = [
        subprocess.Popen(
            [checkout / "bin" / "parley", "go"],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    answers = [start.communicate(timeout=120) for start in starts]

    assert [start.returncode for start in starts] == [0, 0], answers
    assert all(output.endswith(" go\n") for output, _ in answers)
    assert sorted((MAKING in said, WAITING in said) for _, said in answers) == [(False, True), (True, False)]


def test_killed_half_way_is_begun_again(checkout: Path) -> None:
    start = begin(checkout)
    os.killpg(start.pid, signal.SIGKILL)
    start.wait()

    result = parley(checkout)

    assert MAKING in result.stderr
    assert (result.returncode, parley(checkout).stderr) == (0, "")


def test_orphan_of_a_killed_start_is_waited_for(checkout: Path) -> None:
    """Only the start dies; the step it had begun still writes."""
    start = begin(checkout)
    start.kill()
    start.wait()

    result = parley(checkout)

    assert WAITING in result.stderr
    assert result.returncode == 0


def begin(checkout: Path) -> subprocess.Popen[bytes]:
    """A start of which .venv is half there."""
    command = [checkout / "bin" / "environment"]
    start = subprocess.Popen(command, env=environment(), stderr=subprocess.DEVNULL, start_new_session=True)
    wait_until_there(checkout / ".venv" / "bin" / "python")
    return start


def wait_until_there(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_too_old_python_is_named(checkout: Path, python_first: Path) -> None:
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        write_script(python_first / name, "echo 3.9; exit 1")

    result = parley(checkout, PATH=f"{python_first}:{os.environ['PATH']}")

    assert result.returncode == 1
    assert "needs Python 3.11 or newer" in result.stderr
    assert "python3 is 3.9" in result.stderr
    assert "PARLEY_PYTHON=" in result.stderr
    assert not (checkout / ".venv").exists()


def test_newer_python_under_another_name_is_found(checkout: Path, python_first: Path) -> None:
    for name in ("python3", "python3.13"):
        write_script(python_first / name, "echo 3.9; exit 1")
    write_script(python_first / "python3.12", "echo 3.12; echo chosen >&2")

    result = parley(checkout, PATH=f"{python_first}:{os.environ['PATH']}")

    assert result.stderr.startswith("chosen\n")


def test_chosen_python_that_is_not_there_is_named(checkout: Path) -> None:
    result = parley(checkout, PARLEY_PYTHON="/nowhere/a python")

    assert result.returncode == 1
    assert "/nowhere/a python was not found" in result.stderr


def test_missing_venv_module_says_what_to_install(checkout: Path, python_first: Path) -> None:
    without = (
        "import runpy, sys; sys.modules['ensurepip'] = None; "
        "sys.argv = sys.argv[2:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    chosen = python_first / "python"
    write_script(
        chosen, f'[ "$1" = -I ] || exec "{sys.executable}" "$@"\nexec "{sys.executable}" -c "{without}" "$@"'
    )

    result = parley(checkout, PARLEY_PYTHON=str(chosen))

    assert result.returncode == 1
    assert "no working `ensurepip` module" in result.stderr
    assert "apt install python3-venv" in result.stderr
    assert not (checkout / ".venv").exists()


def test_failing_install_says_how_to_do_it_offline(made: Path, tmp_path: Path) -> None:
    (made / "requirements.txt").write_text(f"nothing-of-this-name==1.0 --hash=sha256:{'0' * 64}\n")

    result = parley(made, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path))

    assert result.returncode == 1
    assert "Without a network" in result.stderr
    assert "Traceback" not in result.stderr
