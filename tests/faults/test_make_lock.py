"""Whoever was frozen while it made a live generation anew, and lost its lock, spoils nothing of who did it since."""

import threading
from collections.abc import Callable
from contextlib import closing

import pytest

from projections.readmodel.changes import Change, PutApplication, PutMessage
from projections.readmodel.errors import ReadModelUnavailable
from projections.readmodel.mysql_schema import tables_of
from projections.readmodel.mysql_stores import InTables
from projections.readmodel.opensearch_store import OpenSearchStore
from tests.faults.test_idle_checkpoints import end_all_sessions
from tests.support.databases import connect
from tests.support.read_engines import ENGINES, ReadEngine, checkpoint, follow, listed

AT = "2026-01-01T00:00:00.000000Z"
FROZEN = "frozen"


def drop_tables(engine: ReadEngine) -> None:
    with closing(connect(engine.url)) as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {', '.join(tables_of(1))}")


def drop_index(engine: ReadEngine) -> None:
    with closing(OpenSearchStore(engine.search_url)) as store:
        store.remove(1)


def is_locked(engine: ReadEngine, lock: str) -> bool:
    with closing(connect(engine.url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT IS_USED_LOCK(CONCAT(%s, ' ', LEFT(SHA2(DATABASE(), 256), 32)))", (lock,))
        return cursor.fetchall() != ((None,),)


@pytest.mark.parametrize(
    ("engine_name", "name", "store", "lose", "change"),
    [
        ("mariadb", "tables", InTables, drop_tables, PutApplication("a", "Desk", AT, AT)),
        (
            "mariadb+opensearch",
            "search",
            OpenSearchStore,
            drop_index,
            PutMessage("a", 1, 1, 1, "x", None, AT, AT, 1),
        ),
    ],
)
def test_a_lost_lock(
    engine_name: str,
    name: str,
    store: type,
    lose: Callable[[ReadEngine], None],
    change: Change,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked, may_go_on = threading.Event(), threading.Event()
    look = store.there

    def look_and_freeze(self: object, number: int) -> bool:
        found: bool = look(self, number)
        if threading.current_thread().name == FROZEN and is_locked(engine, f"make-{name}") and not found:
            looked.set()
            assert may_go_on.wait(60)
        return found

    with ENGINES[engine_name]() as engine:
        follow(engine.live(name), [change])
        lose(engine)
        outcome: list[object] = []

        def make() -> None:
            with closing(engine.another_control()) as control:
                try:
                    control.generation(name, 1, must_be_live=False).close()
                    outcome.append("made")
                except ReadModelUnavailable as error:
                    outcome.append(error)

        monkeypatch.setattr(store, "there", look_and_freeze)
        frozen = threading.Thread(target=make, name=FROZEN)
        frozen.start()
        try:
            assert looked.wait(60)
            # As the server does with the silent.
            end_all_sessions(engine)
            follow(engine.live(name), [change])
        finally:
            may_go_on.set()
            frozen.join(60)

        assert len(outcome) == 1
        generation = engine.live(name)
        assert generation.checkpoint() == checkpoint(1)
        assert len(listed(generation)) == 1
