"""Crash points are without effect unless armed, and each that is named is somewhere."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventstore.crashpoints import CRASHPOINTS, arm, crashpoint

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    arm(None)


def test_unarmed_points_do_nothing() -> None:
    arm(None)

    for name in CRASHPOINTS:
        crashpoint(name)


def test_a_point_is_passed_until_its_turn() -> None:
    arm("replay-batch:3")

    for _ in range(2):
        crashpoint("replay-batch")
    crashpoint("replay-finished")


PASS_TWICE = """
from eventstore.crashpoints import arm, crashpoint
arm("replay-batch:2{action}")
crashpoint("replay-batch")
print("once", flush=True)
crashpoint("replay-batch")
crashpoint("replay-batch")
print("on")
"""


def test_a_point_kills() -> None:
    died = subprocess.run(
        [sys.executable, "-c", PASS_TWICE.format(action="")], cwd=ROOT, stdout=subprocess.PIPE, check=False
    )
    assert (died.returncode, died.stdout) == (-signal.SIGKILL, b"once\n")


def test_a_point_that_stops_goes_on_after_that() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PASS_TWICE.format(action=":stop")], cwd=ROOT, stdout=subprocess.PIPE
    ) as stopped:
        _, status = os.waitpid(stopped.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        stopped.send_signal(signal.SIGCONT)
        assert stopped.communicate()[0] == b"once\non\n"
    assert stopped.returncode == 0


@pytest.mark.parametrize("setting", ["nowhere", "nowhere:2", "replay-batch:x", "replay-batch:1:rest"])
def test_what_names_no_point_is_refused(setting: str) -> None:
    with pytest.raises(ValueError, match="allowed are append-before-insert"):
        arm(setting)


def test_the_named_points_are_those_in_the_code() -> None:
    rooms = [
        path
        for room in ("eventstore", "commands", "projections", "parley")
        for path in (ROOT / room).rglob("*.py")
    ]
    used = {name for path in rooms for name in re.findall(r'\bcrashpoint\("([^"]+)"\)', path.read_text())}

    assert used == {*CRASHPOINTS}
