"""A replay of the read tables, beside `LOAD DATA` of the rows that it comes to."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Measure
from benchmarks.projections.history import History
from benchmarks.projections.watched import Watched
from benchmarks.say import say
from projections.readmodel.mysql_schema import indexing, making, tables_of
from projections.replay import replay

if TYPE_CHECKING:
    from pymysql.connections import Connection

GOAL = 0.6
LOADED = 999_999
"""The number of a generation that no registry knows."""


def measures(history: History) -> Iterator[Measure]:
    """Both in turn, since a machine's speed drifts."""
    replaying, loading = Watched(), Watched()
    with history.tail() as tail, history.control() as control:
        head = tail.log.head()
        for turn in range(1, history.plan.rounds + 1):
            say(f"{history.shape}: replaying tables, turn {turn}")
            with replaying.working(history.servers.database_pid):
                done = replay(control, tail, "tables", afresh=True)
            say(f"{history.shape}: loading the same rows")
            _load(history, done.generation, loading)
            control.drop_old("tables")
    events = head * history.plan.rounds
    name = history.named("replay of tables")
    yield Measure(f"{name}, to LOAD DATA", events / replaying.took, "events/s", GOAL, events / loading.took)
    yield from replaying.shares(name, events, "MariaDB")
    yield from loading.shares(history.named("LOAD DATA"), events, "MariaDB")


def _load(history: History, number: int, loading: Watched) -> None:
    """The rows of generation `number` into tables of the same definition."""
    database = history.read_url.rpartition("/")[2]
    with closing(history.servers.admin()) as connection:
        connection.select_db(database)
        files = [
            (table, loaded, history.servers.folder / f"{table}.rows")
            for table, loaded in zip(tables_of(number), tables_of(LOADED), strict=True)
        ]
        for table, _, file in files:
            # In key order, which is the fastest to load.
            _run(connection, f"SELECT * FROM {table} INTO OUTFILE '{file}' CHARACTER SET binary")
        with loading.working(history.servers.database_pid):
            for statement in making(LOADED, bulk=True):
                _run(connection, statement)
            for _, loaded, file in files:
                _run(connection, f"LOAD DATA INFILE '{file}' INTO TABLE {loaded} CHARACTER SET binary")
            _run(connection, indexing(LOADED))
        _check(connection, files)
        _run(connection, f"DROP TABLE {', '.join(tables_of(LOADED))}")
    for *_, file in files:
        file.unlink()


def _check(connection: "Connection", files: list[tuple[str, str, Path]]) -> None:
    for table, loaded, _ in files:
        both = _run(connection, f"CHECKSUM TABLE {table}, {loaded}")
        assert both[0][1] == both[1][1], f"{loaded} is not what {table} is"


def _run(connection: "Connection", statement: str) -> tuple[tuple[str, int], ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()
