"""The server ends a session that was silent for long, as one is while an engine refreshes a large index."""

from contextlib import closing

import pytest

from engines.mysql_connection import connect
from engines.server_url import parse_mysql
from projections.readmodel.changes import Change, PutApplication, PutMessage
from tests.support.read_engines import ENGINES, ReadEngine, checkpoint, follow, listed

AT = "2026-01-01T00:00:00.000000Z"
MESSAGE = PutMessage("a", 1, 1, 1, "x", None, AT, AT, 1)


def end_all_sessions(engine: ReadEngine) -> None:
    """As the server does with those that were silent for too long."""
    with closing(connect(engine.url)) as own, own.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM information_schema.processlist WHERE db = %s AND id <> CONNECTION_ID()",
            (parse_mysql(engine.url).database,),
        )
        for (session,) in cursor.fetchall():
            cursor.execute(f"KILL {session}")


@pytest.mark.parametrize("name", ["mariadb+opensearch"])
def test_a_build_is_finished_after_a_silence(name: str) -> None:
    with ENGINES[name]() as engine:
        building = engine.control.start_building("search")
        generation = engine.open("search", building, must_be_live=False)
        follow(generation, [MESSAGE])
        end_all_sessions(engine)
        generation.finish()
        assert generation.checkpoint() == checkpoint(1)
        assert len(listed(generation)) == 1


@pytest.mark.parametrize(
    ("name", "projection", "change"),
    [
        ("mariadb", "tables", PutApplication("a", "Desk", AT, AT)),
        ("mariadb+opensearch", "search", MESSAGE),
    ],
)
def test_a_live_generation_goes_on_after_a_silence(name: str, projection: str, change: Change) -> None:
    with ENGINES[name]() as engine:
        generation = engine.live(projection)
        follow(generation, [change])
        end_all_sessions(engine)
        follow(generation, [change])
        assert generation.checkpoint() == checkpoint(2)
