"""Followers of a log on a database server."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from engines.mysql_connection import connect
from projections import follower as follower_module
from projections.follower import Follower
from projections.replay import replay
from tests.services.database import Database
from tests.support.facts import append, append_each
from tests.support.folder import NAMES, Folder, data_folder
from tests.support.histories import busy_history
from tests.support.logs import new_log_url
from tests.support.private_database import private_database
from tests.support.waiting import until

SERVERS = ("mariadb", pytest.param("mysql", marks=pytest.mark.long))
PLACES = (*SERVERS, "mariadb+tables", pytest.param("mysql+tables", marks=pytest.mark.long))
"""Those, and with the read tables there, too."""
TABLES = ("log_head", "streams", "events", "commands")
FACTS = busy_history(200)
MORE = busy_history(40, prefix="other")
OTHERS = busy_history(100, prefix="new")
STATEMENTS = 8
"""What a follower with nothing to do may ask of the server in a second."""


class Scene:
    """`folder` has its log at `url`."""

    def __init__(self, folder: Folder, url: str) -> None:
        self.folder = folder
        self.url = url

    def execute(self, *statements: str) -> None:
        """Do it to the log's database behind everybody's back, in one transaction."""
        with closing(connect(self.url)) as connection, connection.cursor() as cursor:
            cursor.execute("BEGIN")
            for statement in statements:
                cursor.execute(statement)
            connection.commit()

    @contextmanager
    def following(self, name: str = "tables") -> Iterator[Follower]:
        """A follower that has come to the head."""
        with self.folder.following(name) as follower:
            self.arrives(follower)
            yield follower

    def arrives(self, follower: Follower) -> None:
        """Wait until it is at the head, and has no complaint."""
        until(
            lambda: follower.state.position == self.folder.log.head() and follower.state.error is None,
            "the head",
        )


@contextmanager
def new_scene(path: Path, url: str, read_url: str | None = None) -> Iterator[Scene]:
    with data_folder(path, url, read_url=read_url) as folder:
        append_each(folder.log, FACTS)
        yield Scene(folder, url)


@pytest.fixture(params=SERVERS)
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    engine, _, tables = request.param.partition("+")
    with (
        new_log_url(engine, tmp_path) as url,
        new_scene(tmp_path / "data", url, url if tables else None) as scene,
    ):
        yield scene


@pytest.mark.parametrize("name", NAMES)
def test_a_follower_keeps_up_and_agrees_with_the_log(scene: Scene, name: str) -> None:
    with scene.following(name) as follower:
        for start in range(0, len(MORE), 7):
            scene.folder.bus.publish(append(scene.folder.log, *MORE[start : start + 7]), [])
        scene.arrives(follower)

    assert scene.folder.findings(name) == []


def test_a_wake_up_is_enough(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("POLL", "GLANCE"):
        monkeypatch.setattr(follower_module, name, 3600)
    with scene.following() as follower:
        scene.folder.bus.publish(append(scene.folder.log, *MORE), [])
        scene.arrives(follower)


def test_without_a_wake_up_a_glance_finds_it(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower_module, "POLL", 3600)
    with scene.following() as follower:
        append(scene.folder.log, *MORE)
        scene.arrives(follower)


def test_a_hole_that_lasts_is_an_alarm_and_nothing_is_skipped(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower_module, "HOLE_ALARM", 0.1)
    monkeypatch.setattr(follower_module, "POLL", 3600)
    with scene.following() as follower:
        before = follower.state.position
        hole = before + 10
        append(scene.folder.log, *MORE)
        scene.execute(
            f"CREATE TABLE lost AS SELECT * FROM events WHERE position = {hole}",
            f"DELETE FROM events WHERE position = {hole}",
        )

        scene.folder.bus.publish(scene.folder.log.head(), [])
        until(lambda: follower.state.error is not None, "the alarm")

        assert follower.state.error == f"position {hole} is missing though the log has more"
        checkpoint, _ = scene.folder.rows("tables")
        assert checkpoint.position == follower.state.position == hole - 1
        until(lambda: reported(scene) == follower.state.error, "the alarm for other processes")

        scene.execute("INSERT INTO events SELECT * FROM lost")
        scene.arrives(follower)
    assert scene.folder.findings("tables") == []


def reported(scene: Scene) -> str | None:
    word = scene.folder.control.reported("tables")
    return word.error if word else None


@pytest.mark.parametrize("scene", PLACES, indirect=True)
@pytest.mark.parametrize("size", [len(MORE) // 2, len(OTHERS)], ids=["shorter", "longer"])
def test_f19b_a_log_restored_from_an_older_copy_stops_its_followers_until_a_replay(
    scene: Scene, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy is brought back, and others write on before anybody looks: fewer or more than were there."""
    monkeypatch.setattr(follower_module, "STANDBY", 0.05)
    scene.execute(*[f"CREATE TABLE {table}_copy AS SELECT * FROM {table}" for table in TABLES])
    append_each(scene.folder.log, MORE)
    for name in NAMES:
        with scene.following(name):
            pass
    for table in TABLES:
        scene.execute(f"DELETE FROM {table}", f"INSERT INTO {table} SELECT * FROM {table}_copy")
    assert scene.folder.log.head() == len(FACTS)
    append_each(scene.folder.log, OTHERS[:size])

    for name in NAMES:
        with scene.folder.following(name) as follower:
            until(lambda: follower.state.error is not None, "the complaint")
            assert str(follower.state.error).startswith(f"the log was rewound; run `parley replay {name}`")
            checkpoint, _ = scene.folder.rows(name)
            assert checkpoint.position == len(FACTS) + len(MORE)

            replay(scene.folder.control, scene.folder.tail, name)

            scene.arrives(follower)
        assert scene.folder.findings(name) == []


@pytest.mark.parametrize("scene", PLACES, indirect=True)
def test_a_log_rewound_behind_a_running_follower_stops_it(scene: Scene) -> None:
    with scene.following() as follower:
        cut = follower.state.position - 5
        scene.execute(
            f"DELETE FROM events WHERE position > {cut}", f"UPDATE log_head SET position = {cut} WHERE id = 1"
        )

        until(lambda: follower.state.error is not None, "the complaint")

        assert "the log was rewound; run `parley replay tables`" in str(follower.state.error)


class Questions:
    """How many statements a server has been sent, less those that ask for this."""

    def __init__(self, server: Database) -> None:
        self._connection: Any = server.admin()
        self._asked = 0

    def count(self) -> int:
        self._asked += 1
        with self._connection.cursor() as cursor:
            cursor.execute("SHOW GLOBAL STATUS LIKE 'Questions'")
            return int(cursor.fetchone()[1]) - self._asked

    def close(self) -> None:
        self._connection.close()


@pytest.mark.parametrize("engine", SERVERS)
def test_followers_with_nothing_to_do_ask_little(engine: str, tmp_path: Path) -> None:
    with private_database(engine, tmp_path / engine) as server:
        url = server.create_database("parley_quiet")
        with (
            new_scene(tmp_path / "data", url) as scene,
            scene.following("tables"),
            scene.following("search"),
            closing(Questions(server)) as questions,
        ):
            before, began = questions.count(), time.monotonic()
            until(lambda: questions.count() >= before + 12 * len(NAMES), "three turns of each")
            asked, seconds = questions.count() - before, time.monotonic() - began

    # The first turn comes at once.
    assert asked <= STATEMENTS * len(NAMES) * (seconds + 1)
