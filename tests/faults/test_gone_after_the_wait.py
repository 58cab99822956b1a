"""F36: the database goes away again between the wait for it and the start of the work."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from parley import projector, scheduler
from parley.arrival import await_read_models
from parley.metrics.registry import Metrics
from parley.settings import Places
from projections.readmodel import mysql_control
from tests.services.database import Database
from tests.support.waiting import until
from web.health import Health

NOWHERE = "mysql://ann:hidden@127.0.0.1:9/parley"


def places(data: Path, url: str) -> Places:
    return Places(data, url, url, f"sqlite:///{data}", "memory://", "memory://")


@pytest.mark.parametrize("role", ["projector", "scheduler"])
def test_the_work_begins_without_it(tmp_path: Path, role: str) -> None:
    where = places(tmp_path, NOWHERE)
    working: AbstractContextManager[Callable[[], Health]] = (
        scheduler._scheduling(where, bytes(32), Metrics())
        if role == "scheduler"
        else projector._following("tables", where, bytes(32), Metrics())
    )
    with working as health:
        until(lambda: "no connection to" in str(health().detail), "that it says why")
        assert not health().ready


def test_the_wait_goes_on_if_it_goes_after_the_first_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: Database, log_url: str
) -> None:
    prepare = mysql_control.prepare
    said: list[str] = []

    def prepare_and_lose(url: str) -> None:
        prepare(url)
        if not said:
            database.kill()

    def say(why: str) -> None:
        said.append(why)
        database.start()

    monkeypatch.setattr(mysql_control, "prepare", prepare_and_lose)
    assert len(await_read_models(places(tmp_path, log_url), say)) == 32
    assert said[0].startswith("waiting: no connection to")
