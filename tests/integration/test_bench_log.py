"""`bin/bench log`, on a plan so small that only the form of its figures means anything."""

import json
import math
import os

import pytest

from benchmarks.log import Plan, run
from benchmarks.measure import Measure, show
from tests.services.errors import NotInstalled
from tests.services.installation import find, install, require
from tests.services.mariadb import MariaDB

SMALL = Plan(
    applications=2,
    chats=20,
    connections=(1, 4),
    seconds=1,
    rounds=1,
    main_seconds=1,
    steady_runs=1,
    steady_seconds=1,
    keyed_events=2_000,
)


@pytest.fixture
def programs() -> None:
    """What the bench runs; only CI installs what is missing."""
    try:
        if os.environ.get("CI") == "true":
            MariaDB.install()
            if find("wrk") is None:
                install(["wrk"])
        for program, package in {**MariaDB.programs, "wrk": "wrk"}.items():
            require(program, package)
    except NotInstalled as error:
        pytest.skip(str(error))


@pytest.mark.long
@pytest.mark.usefixtures("programs")
def test_every_load_has_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    measures = run(SMALL)

    assert all(math.isfinite(one.value) for one in measures)
    named = {one.measure: one for one in measures}
    assert len(named) == len(measures)
    assert named["Parley's answers that were errors"].ok
    loads = [f"many chats, {load}" for load in ("1 worker, 1 connection", "2 workers, 4 connections")]
    assert all(named[load].p99 is not None and named[load].ratio is not None for load in loads)

    capsys.readouterr()
    show(measures)
    shown = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [one["measure"] for one in shown] == list(named)
    assert shown[0].keys() >= {"measure", "value", "unit", "baseline", "ratio", "goal", "ok"}


def test_a_goal_is_for_the_ratio_where_there_is_one() -> None:
    assert Measure("half", 50, "req/s", 0.5, 100).ok
    assert not Measure("less", 49, "req/s", 0.5, 100).ok
    assert not Measure("late", 26, "ms", 25, at_least=False).ok
    assert Measure("shown only", 1, "µs").ok is None
