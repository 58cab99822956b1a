"""What keeps one read from holding a thread, or many from filling the memory."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from projections.readmodel.errors import ReadModelUnavailable
from projections.readmodel.open import open_control
from projections.readmodel.sqlite_reads import SQLiteReads

ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
Reads = SQLiteReads[sqlite3.Connection]


def run(folder: Path, body: Callable[[Reads], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        reads = SQLiteReads(
            folder, "tables", lambda db, _: db, threads=1, most_jobs=4, most_waiting=3, most_seconds=0.1
        )
        with closing(reads):
            await body(reads)

    with closing(open_control(f"sqlite:///{folder}")) as control:
        control.projection("tables")
    asyncio.run(main())


def test_an_endless_statement_is_ended_and_the_next_read_answered(tmp_path: Path) -> None:
    async def body(reads: Reads) -> None:
        endless = asyncio.create_task(reads.read(lambda db: db.execute(ENDLESS).fetchone()))
        beside = asyncio.create_task(reads.read(lambda db: db.execute("SELECT 7").fetchone()))
        with pytest.raises(ReadModelUnavailable):
            await asyncio.wait_for(endless, 20)
        assert await beside == (7,)
        assert await reads.read(lambda db: db.execute("SELECT 8").fetchone()) == (8,)

    run(tmp_path, body)


def test_too_many_are_refused_at_once(tmp_path: Path) -> None:
    async def body(reads: Reads) -> None:
        begun, release = threading.Event(), threading.Event()

        def hold(_: sqlite3.Connection) -> bool:
            begun.set()
            return release.wait(20)

        slow = asyncio.create_task(reads.read(hold))
        await asyncio.to_thread(begun.wait, 20)
        waiting = [asyncio.create_task(reads.read(lambda _: 1)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(ReadModelUnavailable):
            await reads.read(lambda _: 2)
        release.set()
        assert await slow
        assert await asyncio.gather(*waiting) == [1, 1, 1]
        assert await reads.read(lambda _: 3) == 3

    run(tmp_path, body)
