"""Registries of older programs: what was made by them is gone on with, and what a newer one made is left alone."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from importlib.resources import files
from pathlib import Path

import pytest

from engines.mysql_connection import connect
from engines.mysql_migrations import migrate, read_steps
from eventstore.clock import system_clock
from projections.jobs import PREVIOUS_KEPT, drop_old
from projections.readmodel.changes import PutApplication, PutKey
from projections.readmodel.errors import WrongFormat
from projections.readmodel.mysql_schema import MIGRATIONS
from projections.readmodel.open import open_control
from projections.readmodel.store import LiveProjection
from tests.support.databases import new_database
from tests.support.logs import ENGINES
from tests.support.read_engines import follow, listed

SCHEMA = files("projections.readmodel").joinpath("schema")
SECRET = bytes(range(32))
PROJECTION = "INSERT INTO projections (name, live, previous, next) VALUES ('tables', 2, 1, 3)"
BEFORE_SWAPS = 4


def make_sqlite(folder: Path) -> str:
    """A folder as version 0.1.0 made it."""
    with closing(sqlite3.connect(folder / "control.db")) as db, db:
        db.executescript(SCHEMA.joinpath("sqlite_control.sql").read_text(encoding="utf-8"))
        db.execute("INSERT INTO secret VALUES (?)", (SECRET,))
        db.execute(PROJECTION)
        db.execute("PRAGMA user_version = 1")
    return f"sqlite:///{folder}"


def make_mysql(url: str) -> str:
    """A database without the steps that came later."""
    with closing(connect(url)) as connection, connection.cursor() as cursor:
        migrate(connection, MIGRATIONS, read_steps(SCHEMA.joinpath("mysql"))[:BEFORE_SWAPS])
        cursor.execute("UPDATE secret SET bytes = %s", (SECRET,))
        cursor.execute(PROJECTION)
    return url


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield make_sqlite(tmp_path)
    else:
        with new_database(request.param) as database:
            yield make_mysql(database)


def test_nothing_is_lost_and_the_generation_before_is_kept_for_a_week_from_now(url: str) -> None:
    now = system_clock()
    with closing(open_control(url)) as control, closing(open_control(url)) as another:
        assert (control.secret, another.secret) == (SECRET, SECRET)
        assert control.projection("tables") == LiveProjection("tables", 2, 1, None)
        for number in (1, 2):
            control.generation("tables", number, must_be_live=False).close()

        assert drop_old(control, ["tables"], lambda: now) == []
        assert drop_old(control, ["tables"], lambda: now + PREVIOUS_KEPT - 1) == []
        assert control.projection("tables").previous == 1

        assert drop_old(another, ["tables"], lambda: system_clock() + PREVIOUS_KEPT) == [("tables", 1)]
        assert control.projection("tables") == LiveProjection("tables", 2, None, None)


def test_who_only_looks_upgrades_nothing(url: str) -> None:
    for _ in range(2):
        with pytest.raises(WrongFormat, match="run `parley migrate`"):
            open_control(url, makes=False)
    open_control(url).close()
    with closing(open_control(url, makes=False)) as control:
        assert control.secret == SECRET


@pytest.mark.parametrize("engine", ENGINES)
def test_who_only_looks_makes_no_registry(engine: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        url = f"sqlite:///{tmp_path}" if engine == "sqlite" else stack.enter_context(new_database(engine))
        for _ in range(2):
            with pytest.raises(WrongFormat, match="run `parley migrate`"):
                open_control(url, makes=False)
        assert list(tmp_path.iterdir()) == []


def test_a_newer_programs_folder_is_left_alone(tmp_path: Path) -> None:
    url = make_sqlite(tmp_path)
    open_control(url).close()
    with closing(sqlite3.connect(tmp_path / "control.db")) as db, db:
        db.execute("PRAGMA user_version = 3")

    with pytest.raises(WrongFormat, match="has format 3, this program knows 2: upgrade Parley"):
        open_control(url)


def forget_keys(url: str) -> None:
    """Make the tables of generation 1 what they were before there were keys."""
    without = "ALTER TABLE {} DROP COLUMN app_keys"
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(Path(url.removeprefix("sqlite:///"), "tables_g1.db"))) as db, db:
            db.execute(without.format("applications"))
            db.execute("PRAGMA user_version = 1")
    else:
        with closing(connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute(without.format("applications_g1"))


@pytest.mark.parametrize("engine", ENGINES)
def test_read_tables_from_before_there_were_keys_are_gone_on_with(engine: str, tmp_path: Path) -> None:
    before = [PutApplication("a", "Desk", "1", "1"), PutApplication("b", "Shop", "2", "2")]
    with ExitStack() as stack:
        url = f"sqlite:///{tmp_path}" if engine == "sqlite" else stack.enter_context(new_database(engine))
        with (
            closing(open_control(url)) as control,
            closing(control.generation("tables", 1, must_be_live=True)) as generation,
        ):
            follow(generation, before)
            rows = listed(generation)
        forget_keys(url)
        with closing(open_control(url)) as control:
            for _ in range(2):
                control.upgrade("tables")
            looked_at = control.look_at("tables")
            assert looked_at is not None
            with closing(looked_at):
                assert listed(looked_at) == rows
        forget_keys(url)
        for _ in range(2):
            with (
                closing(open_control(url)) as control,
                closing(control.generation("tables", 1, must_be_live=True)) as generation,
            ):
                assert listed(generation) == rows
        with (
            closing(open_control(url)) as control,
            closing(control.generation("tables", 1, must_be_live=True)) as generation,
        ):
            follow(generation, [PutKey("a", "1f" * 8, "read", bytes(32), "3")])
            assert listed(generation)[1:] == rows[1:]
            assert listed(generation)[0] != rows[0]
