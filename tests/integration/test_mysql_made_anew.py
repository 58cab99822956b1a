"""Read tables that are lost and made anew under whoever has them open: no row becomes another application's."""

import json
from collections.abc import Iterator
from contextlib import closing

import pytest

from projections.readmodel.changes import Change, PutApplication, PutChat
from projections.readmodel.errors import Misfit
from projections.readmodel.mysql_schema import tables_of
from projections.readmodel.store import Checkpoint
from projections.readmodel.views import Page, TablesView
from tests.support.databases import connect
from tests.support.read_engines import ENGINES, ReadEngine, checkpoint, follow, listed

AT = "2026-01-01T00:00:00.000000Z"


@pytest.fixture(params=["mariadb", pytest.param("mysql", marks=pytest.mark.long)])
def engine(request: pytest.FixtureRequest) -> Iterator[ReadEngine]:
    with ENGINES[request.param]() as engine:
        yield engine


def tenant(token: str) -> list[Change]:
    return [PutApplication(token, f"{token}'s", AT, AT), PutChat(token, 1, f"{token}'s chat", AT, AT)]


def execute(engine: ReadEngine, statement: str) -> None:
    with closing(connect(engine.url)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)


def titles(engine: ReadEngine, token: str) -> list[str]:
    def ask(view: TablesView) -> list[str]:
        return [json.loads(row)["title"] for _, row in view.chats(token, Page(9)) or []]

    return engine.tables(ask)


def test_a_follower_that_has_them_open_gives_no_id_twice(engine: ReadEngine) -> None:
    generation = engine.live("tables")
    follow(generation, tenant("alice"))
    execute(engine, f"DROP TABLE {', '.join(tables_of(1))}")
    with closing(engine.another_control()) as other:
        other.generation("tables", 1, must_be_live=True).close()
    assert generation.checkpoint() == Checkpoint()

    follow(generation, tenant("alice"))
    follow(generation, tenant("bob"))

    assert titles(engine, "alice") == ["alice's chat"]
    assert titles(engine, "bob") == ["bob's chat"]


def test_a_follower_that_has_them_open_takes_the_new_ids(engine: ReadEngine) -> None:
    """Another one has folded the log anew, up to where this one is, in larger batches."""
    generation = engine.live("tables")
    follow(generation, tenant("alice") + tenant("bob"))
    execute(engine, f"DROP TABLE {', '.join(tables_of(1))}")
    with (
        closing(engine.another_control()) as other,
        closing(other.generation("tables", 1, must_be_live=True)) as anew,
    ):
        follow(anew, tenant("bob") + tenant("alice"))
    assert generation.checkpoint() == checkpoint(4)

    follow(generation, [PutChat("bob", 2, "bob's other", AT, AT)])

    assert titles(engine, "alice") == ["alice's chat"]
    assert titles(engine, "bob") == ["bob's chat", "bob's other"]


def test_an_id_that_another_has_is_a_misfit(engine: ReadEngine) -> None:
    generation = engine.live("tables")
    follow(generation, tenant("alice"))
    execute(engine, "UPDATE generations SET last_application = 0 WHERE name = 'tables'")
    before = listed(generation)

    with pytest.raises(Misfit):
        follow(generation, tenant("bob"))

    assert listed(generation) == before
    assert generation.checkpoint() == checkpoint(2)
