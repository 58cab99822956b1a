"""Whether `parley query-api` tells that its read tables do not answer."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path

import pytest

from engines.mysql_connection import connect
from parley import query_api
from parley.arrival import await_read_models
from parley.metrics.registry import Metrics
from parley.query_api import QuerySide
from parley.settings import api_settings
from projections.readmodel.sqlite_tables_view import SQLiteTablesView
from projections.readmodel.views import Row
from tests.support.databases import new_database
from tests.support.waiting import LIMIT


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_api, "LOOK_EVERY", 0.01)


def run(folder: Path, body: Callable[[QuerySide], Coroutine[None, None, None]]) -> None:
    settings = api_settings(data=str(folder))
    secret = await_read_models(settings.places, print)

    async def main() -> None:
        side = QuerySide(settings, secret, Metrics())
        try:
            await body(side)
        finally:
            await side.stop()

    asyncio.run(asyncio.wait_for(main(), LIMIT))


async def until_ready(side: QuerySide, *, ready: bool) -> None:
    while side.health().ready != ready:
        await asyncio.sleep(0.01)


def test_it_goes_on_looking_whatever_it_meets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def defect(*_: object) -> list[Row]:
        raise ZeroDivisionError("a defect")

    async def body(side: QuerySide) -> None:
        await until_ready(side, ready=True)
        with monkeypatch.context() as patched:
            patched.setattr(SQLiteTablesView, "applications", defect)
            patched.setattr(SQLiteTablesView, "position", property(defect))
            await until_ready(side, ready=False)
        await until_ready(side, ready=True)

    run(tmp_path, body)


def test_it_is_not_ready_while_its_rows_are_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with new_database("mariadb") as url:
        monkeypatch.setenv("PARLEY_READ_URL", url)

        def rename(table: str, to: str) -> None:
            with closing(connect(url)) as db, db.cursor() as cursor:
                cursor.execute(f"RENAME TABLE {table} TO {to}")

        async def body(side: QuerySide) -> None:
            await until_ready(side, ready=True)
            await asyncio.to_thread(rename, "applications_g1", "elsewhere")
            await until_ready(side, ready=False)

        run(tmp_path, body)
