"""Crash points are without effect unless armed, and each that is named is somewhere."""

import re
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


@pytest.mark.parametrize("setting", ["nowhere", "nowhere:2", "replay-batch:x"])
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
