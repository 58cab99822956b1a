"""Everything of `parley serve` in one process, without its server."""

import asyncio
import threading
from pathlib import Path

import pytest

from parley.embedded import Embedded, prepare
from parley.metrics.registry import Metrics
from parley.settings import api_settings
from projections.readmodel.sqlite_reads import SQLiteReads


def test_reads_are_closed_on_the_loop_that_they_serve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = api_settings(data=str(tmp_path))
    secret = prepare(settings.places, print)
    closed_on = []
    close = SQLiteReads.close

    def spy(reads: SQLiteReads[object]) -> None:
        closed_on.append(threading.current_thread())
        close(reads)

    async def start_and_stop() -> None:
        await Embedded(settings, secret, Metrics()).stop()

    monkeypatch.setattr(SQLiteReads, "close", spy)
    before = threading.active_count()

    asyncio.run(start_and_stop())

    assert closed_on == [threading.main_thread()] * 2
    assert threading.active_count() == before
