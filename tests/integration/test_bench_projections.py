"""`bin/bench projections`, on a plan so small that only the form of its figures means anything."""

import json
import math
import os
import shutil

import pytest

from benchmarks.measure import show
from benchmarks.projections import PARTS, run
from benchmarks.projections.plan import MANY, Plan
from tests.services.errors import ServiceError
from tests.services.installation import install, require
from tests.services.mariadb import MariaDB
from tests.support.shared_server import shared_server

SMALL = Plan(
    events=3_000,
    shapes=(MANY,),
    chats=20,
    rounds=1,
    rate=100,
    seconds=2,
    load_seconds=1,
    searches=10,
)


@pytest.fixture
def programs() -> None:
    """What the bench runs; only CI installs what is missing."""
    try:
        if os.environ.get("CI") == "true":
            MariaDB.install()
            if shutil.which("wrk") is None:
                install(["wrk"])
        for program, package in {**MariaDB.programs, "wrk": "wrk"}.items():
            require(program, package)
    except ServiceError as error:
        pytest.skip(str(error))
    for name in ("opensearch", "rabbitmq", "redis"):
        shared_server(name)


@pytest.mark.long
@pytest.mark.usefixtures("programs")
def test_every_part_has_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    measures = run(SMALL)

    assert all(math.isfinite(one.value) and one.value >= 0 for one in measures)
    named = {one.measure: one for one in measures}
    assert len(named) == len(measures)
    told = " ".join(named)
    for part in ("live tables", "replay of tables", "replay of search", "page of 50", "searchable", "memory"):
        assert part in told
    assert all(one.ok for one in measures if "error" in one.measure)

    capsys.readouterr()
    show(measures)
    shown = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [one["measure"] for one in shown] == list(named)


@pytest.mark.usefixtures("programs")
def test_a_part_runs_alone() -> None:
    assert "live" in PARTS
    [rate, *costs] = run(SMALL, ["live"])
    assert (rate.unit, {cost.unit for cost in costs}) == ("events/s", {"µs/event"})
