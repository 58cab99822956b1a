"""`parley status`, its servers there, away, hung and strange."""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result

from eventstore.clock import system_clock
from eventstore.rabbitmq_topology import QUEUE_PREFIX, declare_queue
from parley.watch import Watch
from projections.places import BUS, LOG, SEARCH, TABLES, WORDS, Places
from projections.readmodel.mysql_schema import tables_of
from projections.status import Status
from projections.survey import survey
from tests.support.broker import channel, delete_queue
from tests.support.databases import connect
from tests.support.facts import append_each
from tests.support.folder import NAMES, Folder, data_folder, folder_on
from tests.support.histories import busy_history
from tests.support.program import program
from tests.support.search_engines import new_prefix
from tests.support.shared_server import shared_server
from tests.support.waiting import until

FACTS = busy_history(100)
PATIENCE = 60.0
"""For what answers: a busy machine must not fail the test."""
SECRET = "s3cret"


@contextmanager
def nobody() -> Iterator[str]:
    """host:port where nobody listens; it is kept from being given to anybody else."""
    with socket.socket() as kept:
        kept.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{kept.getsockname()[1]}"


@contextmanager
def hung() -> Iterator[str]:
    """host:port where connections are taken, and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def everywhere(address: str) -> Places:
    mysql = f"mysql://ann:{SECRET}@{address}/parley"
    return Places(
        mysql,
        mysql,
        f"http://ann:{SECRET}@{address}",
        f"amqp://ann:{SECRET}@{address}//",
        f"redis://:{SECRET}@{address}/0",
    )


def places_of(folder: Folder) -> Places:
    return Places(folder.log_url, folder.read_url, folder.search_url, "memory://", "memory://")


def run(places: Places, *arguments: str) -> Result:
    environment = {
        "PARLEY_LOG_URL": places.log_url,
        "PARLEY_READ_URL": places.read_url,
        "PARLEY_SEARCH_URL": places.search_url,
        "PARLEY_BUS_URL": places.bus_url,
        "PARLEY_REDIS_URL": places.redis_url,
    }
    return CliRunner(env=environment).invoke(program, ["status", *arguments])


def asked(places: Places, seconds: float = PATIENCE) -> Status:
    return survey(places, NAMES, system_clock, seconds)


def errors(found: Status) -> dict[str, str]:
    """What is wrong, by server or projection."""
    named = [*((one["role"], one) for one in found["servers"])]
    named += [(one["name"], one) for one in found["projections"]]
    return {name: one["error"] for name, one in named if one["error"]}


def kinds(found: Status) -> dict[str, tuple[str, str | None]]:
    return {one["role"]: (one["kind"], one["version"]) for one in found["servers"]}


@pytest.fixture
def followed(tmp_path: Path) -> Iterator[Folder]:
    """Log and read tables on MariaDB, the search index in a folder; all is followed and reported."""
    with folder_on("mariadb", tmp_path / "parley-data") as folder:
        append_each(folder.log, FACTS)
        folder.follow()
        for name in NAMES:
            folder.control.report(name, position=len(FACTS), head=len(FACTS), error=None)
        yield folder


def test_all_servers_there(tmp_path: Path, followed: Folder) -> None:
    bus, redis = shared_server("rabbitmq").url(), shared_server("redis").url()
    with (
        new_prefix("opensearch") as search,
        data_folder(tmp_path, followed.log_url, search, followed.read_url) as folder,
    ):
        folder.follow()
        places = places_of(folder)._replace(bus_url=bus, redis_url=redis)
        found = asked(places)

    assert errors(found) == {}
    assert (found["log_id"], found["head"]) == (folder.log.log_id, len(FACTS))
    for one in found["projections"]:
        assert (one["position"], one["lag_events"], one["lag_seconds"]) == (len(FACTS), 0, 0)
        # Nobody has ever subscribed.
        assert one["queue"] is None
    assert {role: kind for role, (kind, _) in kinds(found).items()} == {
        "log": "MariaDB",
        "read tables": "MariaDB",
        "search index": "OpenSearch",
        "bus": "RabbitMQ",
        "words": "Redis",
    }
    for one in found["servers"]:
        assert re.fullmatch(r"\d+\.\d+\.\d+", one["version"]), one
    for url, one in zip(places, found["servers"], strict=True):
        assert one["address"].startswith(f"127.0.0.1:{urlsplit(url).port}/")
        assert (urlsplit(url).password or "nothing") not in one["address"]


def test_messages_wait(followed: Folder) -> None:
    bus = shared_server("rabbitmq").url()
    name = f"search.{followed.control.store('search')}"
    try:
        with channel(bus) as own:
            declare_queue(own, name)
            word = own.prepare_message(b"{}", content_type="application/json", content_encoding="utf-8")
            for _ in range(3):
                own.basic_publish(word, exchange="", routing_key=QUEUE_PREFIX + name)
        places = places_of(followed)._replace(bus_url=bus)

        def three_wait() -> bool:
            [tables, search] = asked(places)["projections"]
            assert tables["queue"] is None
            # More than that, while other tests publish to all.
            return (search["queue"] or 0) >= 3

        until(three_wait, "three messages")
    finally:
        delete_queue(bus, name)


def test_all_in_a_folder(folder: Folder) -> None:
    found = asked(places_of(folder))

    assert errors(found) == {}
    assert [kind for kind, _ in kinds(found).values()] == [
        "SQLite",
        "SQLite",
        "SQLite",
        "in-process",
        "in-process",
    ]
    assert [one["address"] for one in found["servers"]] == [
        str(folder.path / "log.db"),
        str(folder.path),
        str(folder.path),
        None,
        None,
    ]


def test_the_log_away(followed: Folder) -> None:
    with nobody() as address:
        places = places_of(followed)._replace(log_url=f"mysql://ann:{SECRET}@{address}/parley")
        found = asked(places)
        shown = run(places)

    assert list(errors(found)) == ["log"]
    assert "refused" in errors(found)["log"]
    assert (found["log_id"], found["head"]) == (None, None)
    assert found["reported"]["head"] == len(FACTS)
    for one in found["projections"]:
        assert (one["position"], one["lag_events"], one["lag_seconds"]) == (len(FACTS), 0, None)
    assert kinds(found)["read tables"][0] == "MariaDB"
    assert kinds(found)["log"] == ("MySQL or MariaDB", None)
    assert shown.exit_code == 1
    assert shown.stdout.startswith(f"log: head {len(FACTS)} when a follower last told, 20")
    assert shown.stderr == ""


def test_the_read_tables_away(followed: Folder) -> None:
    with nobody() as address:
        places = places_of(followed)._replace(read_url=f"mysql://ann:{SECRET}@{address}/parley")
        found = asked(places)
        shown = run(places, "--json")

    assert {*errors(found)} == {"read tables", *NAMES}
    assert (found["log_id"], found["head"]) == (followed.log.log_id, len(FACTS))
    assert found["reported"] == {"head": None, "at": None}
    for one in found["projections"]:
        assert {one[key] for key in ("generation", "position", "lag_events", "lag_seconds")} == {None}
    assert shown.exit_code == 1
    assert json.loads(shown.stdout)["head"] == len(FACTS)


def test_what_can_be_missed_is_no_failure(tmp_path: Path, followed: Folder) -> None:
    with (
        new_prefix("opensearch") as search,
        data_folder(tmp_path, followed.log_url, search, followed.read_url) as folder,
        nobody() as address,
    ):
        folder.follow("search")
        folder.control.report("search", position=7, head=len(FACTS), error=None)
        places = everywhere(address)._replace(log_url=folder.log_url, read_url=folder.read_url)
        found = asked(places)
        shown = run(places)

    assert {*errors(found)} == {"search index", "bus", "words", "search"}
    [tables, away] = found["projections"]
    assert (tables["position"], tables["error"]) == (len(FACTS), None)
    # As its follower has told.
    assert (away["generation"], away["position"], away["lag_events"]) == (1, 7, len(FACTS) - 7)
    assert shown.exit_code == 0


@pytest.mark.parametrize("away", [nobody, hung])
def test_nobody_there(away: Any) -> None:
    with away() as address:
        places = everywhere(address)
        shown = run(places, "--json")
        found = json.loads(shown.stdout)

        assert shown.exit_code == 1
        assert {*errors(found)} == {"log", "read tables", "search index", "bus", "words", *NAMES}
        if away is hung:
            assert {*errors(found).values()} == {"no answer in 3 s"}
        assert SECRET not in shown.output
        assert found["projections"][0]["name"] == "tables"


@pytest.mark.parametrize("roles", [{LOG}, {TABLES}, {SEARCH, BUS, WORDS}])
def test_hung(followed: Folder, roles: set[str]) -> None:
    """What the others say is all there."""
    with hung() as address:
        there, elsewhere = places_of(followed).urls(), everywhere(address).urls()
        found = asked(Places(*((elsewhere if role in roles else there)[role] for role in there)), seconds=8)

    wrong = errors(found)
    assert wrong.keys() & there.keys() == roles
    assert found["head"] == (None if LOG in roles else len(FACTS))
    [tables, search] = found["projections"]
    assert tables["position"] == (None if TABLES in roles else len(FACTS))
    # Its follower has told the registry in the folder; that on MariaDB knows of none.
    assert search["position"] == (len(FACTS) if LOG in roles else None if TABLES in roles else 0)


def test_servers_of_another_kind(tmp_path: Path, followed: Folder) -> None:
    """Whatever they say, it is shown as what is wrong."""
    redis = urlsplit(shared_server("redis").url())
    places = everywhere(f"127.0.0.1:{redis.port}")
    there = places_of(followed)
    with (
        new_prefix("opensearch") as search,
        data_folder(tmp_path, followed.log_url, search, followed.read_url) as folder,
    ):
        folder.follow("search")
        found = asked(places._replace(log_url=there.log_url, read_url=there.read_url), seconds=8)

    assert {*errors(found)} == {"search index", "bus", "words", "search"}
    assert SECRET not in json.dumps(found)


def test_lost_tables_are_told_of_and_not_made(followed: Folder) -> None:
    with closing(connect(followed.read_url)) as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {', '.join(tables_of(1))}")
        for _ in range(2):
            found = asked(places_of(followed))
            assert "not there" in errors(found)["tables"]
            # As its follower has told.
            assert found["projections"][0]["position"] == len(FACTS)
        cursor.execute("SHOW TABLES LIKE '%\\_g1'")
        assert cursor.fetchall() == ()


def test_a_watch_makes_nothing(followed: Folder) -> None:
    with closing(connect(followed.read_url)) as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {', '.join(tables_of(1))}")
        watch = Watch(followed.log_url, followed.read_url, followed.search_url)
        watch.start()
        try:
            until(lambda: "projections" in watch.found, "a look")
            assert "not there" in watch.found["projections"]["tables"]["error"]
        finally:
            watch.stop()
        cursor.execute("SHOW TABLES LIKE '%\\_g1'")
        assert cursor.fetchall() == ()


def test_files_that_are_none(folder: Folder) -> None:
    (folder.path / "other").mkdir()
    (folder.path / "other" / "control.db").write_bytes(b"not what it seems" * 100)
    (folder.path / "other" / "log.db").write_bytes(b"not what it seems" * 100)
    other = f"sqlite:///{folder.path / 'other'}"

    for changed, wrong in [
        ({"log_url": f"{other}/log.db"}, {"log"}),
        ({"read_url": other}, {"read tables", *NAMES}),
        ({"search_url": other}, {"search index", "search"}),
    ]:
        found = asked(places_of(folder)._replace(**changed))
        assert {*errors(found)} == wrong
        assert {*errors(found).values()} == {"file is not a database"}


def test_tables_that_are_not_made_yet_say_so(tmp_path: Path) -> None:
    with folder_on("mariadb", tmp_path) as folder:
        places = places_of(folder)
        empty = places.log_url.replace("parley_test", "parley_none")
        assert empty != places.log_url
        found = asked(places._replace(log_url=empty))

    assert list(errors(found)) == ["log"]


def test_through_a_pipe_nothing_is_cut(folder: Folder) -> None:
    append_each(folder.log, FACTS)
    folder.follow()
    folder.control.report("tables", position=3, head=9, error="the log was rewound; " * 20 + "run it")
    command = f"{sys.executable} -m tests.support.program status --data {folder.path} | cat"

    shown = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=60)

    assert shown.stderr == ""
    lines = shown.stdout.splitlines()
    assert any(line.startswith("tables (last heard of 20") and line.endswith("run it") for line in lines)
    assert any(str(folder.path / "log.db") in line and line.endswith("ok") for line in lines)
