"""A reader in another process learns through Redis that its position is reached."""

import asyncio
import secrets
from contextlib import closing
from pathlib import Path

import pytest

from projections.readmodel import progress as progress_module
from projections.readmodel.changes import PutApplication
from projections.readmodel.errors import NotThere
from projections.readmodel.open import open_control, open_tables, open_words
from projections.readmodel.store import Checkpoint
from projections.readmodel.words import store_id
from tests.support.shared_server import shared_server

AT = "2026-01-01T00:00:00.000000Z"


def test_a_word_ends_a_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_module, "LOOK_EVERY", 3600)
    redis, read_url = shared_server("redis").url(), f"sqlite:///{tmp_path}"

    async def main() -> None:
        with (
            closing(open_control(read_url)) as control,
            closing(open_words(redis, store_id(control.secret))) as telling,
            closing(open_words(redis, store_id(control.secret))) as hearing,
            closing(control.generation("tables", 1, must_be_live=False)) as generation,
            closing(open_tables(read_url)) as reads,
        ):
            hearing.listen("tables", reads.hear)
            waiting = asyncio.create_task(reads.read(lambda view: view.position, 1, wait=60))
            await asyncio.sleep(0.2)
            assert not waiting.done()
            generation.apply(
                [PutApplication("a", "Desk", AT, AT)], Checkpoint(), Checkpoint("log", 1, b"1" * 16)
            )
            while not waiting.done():
                # Until the ear is open.
                telling.tell("tables", 1)
                await asyncio.sleep(0.01)
            assert await waiting == 1

            # One that is not true changes nothing.
            telling.tell("tables", 10**9)
            with pytest.raises(NotThere):
                await reads.read(lambda view: view.position, 5, wait=0.5)

    asyncio.run(main())


def test_stores_have_names_of_their_own() -> None:
    names = {store_id(secrets.token_bytes(32)) for _ in range(20)}
    assert len(names) == 20
    assert store_id(b"a") == store_id(b"a")
