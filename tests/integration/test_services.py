"""bin/services: real servers that are started, found again, cleaned up after, and ended."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
import pymysql
import pytest

from tests.services.catalog import CATALOG, USUAL
from tests.services.cli import main
from tests.services.database import Database
from tests.services.installation import OURS, find, services_not_started
from tests.services.mariadb import MariaDB
from tests.services.mysql import MySQL
from tests.services.process import Process
from tests.support.databases import connect, new_database
from tests.support.services import ROOT, Services, services_in
from tests.support.waiting import until

DOCUMENT = ROOT / "docs" / "development.md"
LONG = [pytest.param(name, marks=pytest.mark.long) for name in CATALOG if name != "mariadb"]
DATABASES = [MariaDB, pytest.param(MySQL, marks=pytest.mark.long)]


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with services_in(tmp_path / "run") as services:
        yield services


@pytest.mark.parametrize("name", ["mariadb", *LONG])
def test_up_twice_status_env_down(services: Services, name: str) -> None:
    assert services.up(name) == f"{name}\n"
    status = services.status(name)
    assert (status["state"], status["address"].partition(":")[0]) == ("running", "127.0.0.1")
    assert status["address"] in services.url(name)

    assert services.up(name) == "", "it was there already"
    assert services.status(name) == status

    services.run("down", name)
    assert services.status(name)["state"] == "stopped"
    assert services.run("env").stdout == ""
    assert services.processes(name) == []


@pytest.mark.parametrize("name", ["mariadb", *LONG])
def test_killed_server_is_started_again_where_it_was(services: Services, name: str) -> None:
    services.up(name)
    url = services.url(name)
    os.kill(services.status(name)["pid"], signal.SIGKILL)
    until(lambda: services.status(name)["state"] == "stopped", "the kernel has ended it")

    assert services.up(name) == f"{name}\n"
    assert services.url(name) == url


def test_child_of_a_killed_up_is_ended(services: Services) -> None:
    with services.begin("up", "mariadb") as killed:
        until(lambda: services.processes("mariadb"), "there is a child")
        killed.kill()
        killed.communicate()

    services.up("mariadb")

    assert [process.pid for process in services.processes("mariadb")] == [services.status("mariadb")["pid"]]


def test_half_made_data_folder_is_made_anew(services: Services) -> None:
    half = services.folder / "mariadb" / "data"
    half.mkdir(parents=True)
    (half / "ibdata1").write_bytes(b"nothing whole")

    services.up("mariadb")

    assert services.status("mariadb")["state"] == "running"


def test_state_of_another_process_is_not_believed(services: Services) -> None:
    """After a reboot the pid may be anybody's."""
    services.up("mariadb")
    path = services.folder / "mariadb" / "state.json"
    state = json.loads(path.read_text())
    state["processes"][0][0] = os.getpid()
    path.write_text(json.dumps(state))

    assert services.status("mariadb")["state"] == "stopped"
    services.run("down", "mariadb")
    assert services.processes("mariadb") == [], "the real one is known by its mark"


def test_two_at_once_start_one(services: Services) -> None:
    runs = [services.begin("up", "mariadb") for _ in range(2)]
    answers = [run.communicate() for run in runs]

    assert [run.returncode for run in runs] == [0, 0], answers
    assert sorted(output for output, _ in answers) == ["", "mariadb\n"]
    assert len(services.processes("mariadb")) == 1


def test_interrupted_up_leaves_nothing(services: Services, tmp_path: Path) -> None:
    # A server that never answers, so that `up` still waits for it when it is interrupted.
    real = find("mariadbd")
    silent = tmp_path / "mariadbd"
    silent.write_text(f'#!/bin/sh\ncase "$*" in *--version*) exec {real} "$@";; esac\nexec sleep 600\n')
    silent.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    with services.begin("up", "mariadb", PATH=path) as run:
        until(lambda: services.processes("mariadb"), "there is a child")
        run.send_signal(signal.SIGINT)
        printed, said = run.communicate()

    # 130, or 1 where click itself was interrupted; that server never answers, so it is not 0.
    assert run.returncode in (130, 1), said
    assert printed == "", said
    assert services.processes("mariadb") == []


def test_down_keeps_the_data_and_wipe_does_not(services: Services) -> None:
    services.up("mariadb")
    with closing(connect(services.url("mariadb"))) as connection:
        connection.cursor().execute("CREATE TABLE kept (n INT)")
    services.run("down")

    services.up("mariadb")
    assert tables(services.url("mariadb")) == ["kept"]

    services.run("down", "--wipe", "mariadb")
    assert not (services.folder / "mariadb").exists()


def tables(url: str) -> list[str]:
    with closing(connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW TABLES")
        return [name for (name,) in cursor.fetchall()]


@pytest.mark.parametrize(
    ("name", "package"),
    [("mariadb", "mariadb-server"), ("rabbitmq", "rabbitmq-server"), ("redis", "redis-server")],
)
def test_what_is_not_installed_is_named(services: Services, name: str, package: str, tmp_path: Path) -> None:
    result = services.run("up", name, PATH=str(tmp_path / "nothing"))

    assert result.returncode == 1
    assert "not installed" in result.stderr
    assert f"apt-get install {package}" in result.stderr
    assert "Traceback" not in result.stderr


def test_folder_that_is_no_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")

    result = Services(tmp_path / "run").run("up", "mariadb")

    assert result.returncode == 1
    assert "PARLEY_SERVICES" in result.stderr
    assert "Traceback" not in result.stderr


def test_secrets_are_their_owners_only(services: Services) -> None:
    services.up("mariadb")
    password = services.url("mariadb").partition("parley:")[2].partition("@")[0]

    readable = [path for path in (services.folder / "mariadb").iterdir() if path.is_file()]
    holding = [path for path in readable if password in path.read_text(errors="replace")]

    assert {path.name for path in holding} == {"state.json", "accounts.sql"}
    assert {path.stat().st_mode & 0o777 for path in holding} == {0o600}
    assert password not in Path(f"/proc/{services.status('mariadb')['pid']}/cmdline").read_text()


@pytest.mark.parametrize("engine", DATABASES)
def test_private_instance_keeps_data_and_port(engine: type[Database], tmp_path: Path) -> None:
    with engine(tmp_path / "private") as server:
        url = server.create_database("parley_private")
        with closing(connect(url)) as connection:
            connection.cursor().execute("CREATE TABLE kept (n INT)")
            server.kill()
            with pytest.raises(pymysql.MySQLError):
                connection.ping(reconnect=False)
        assert not server.running

        # What it left names a pid that is somebody's by now.
        (server.data / "socket.lock").write_text(f"{os.getpid()}\n")
        server.start()
        assert server.url("parley_private") == url
        assert tables(url) == ["kept"]

        server.restart(["--max-connections=11"])
        with closing(server.admin()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT @@max_connections, @@sync_binlog, @@log_bin")
            assert cursor.fetchone() == (11, 1, 1)
    assert not server.running


@pytest.mark.parametrize("engine", DATABASES)
def test_private_instance_hangs_and_goes_on(engine: type[Database], tmp_path: Path) -> None:
    with engine(tmp_path / "private") as server:
        url = server.create_database("parley_private")
        server.pause()
        with pytest.raises(pymysql.MySQLError):
            connect(url, read_timeout=1)
        server.resume()
        connect(url).close()

        server.pause()
        server.stop()
        assert not server.running


@pytest.mark.parametrize("engine", DATABASES)
def test_user_has_parleys_databases_only(engine: type[Database], tmp_path: Path) -> None:
    denied = ("CREATE DATABASE other", "SELECT * FROM mysql.user", "DROP DATABASE sys")
    with (
        engine(tmp_path / "private") as server,
        closing(connect(server.create_database("parley"))) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("CREATE DATABASE parley_more")
        for statement in denied:
            with pytest.raises(pymysql.OperationalError, match="denied"):
                cursor.execute(statement)


ORPHAN = """
import sys, time
from pathlib import Path
from threading import Thread
from tests.services.mariadb import MariaDB
server = MariaDB(Path(sys.argv[1]))
thread = Thread(target=server.start)
thread.start()
thread.join()
print(server.pid, flush=True)
time.sleep(600)
"""


def test_private_instance_dies_with_its_process_not_with_its_thread(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ORPHAN, str(tmp_path / "private")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        server = Process.of(int(run.stdout.readline()))
        assert MariaDB(tmp_path / "private").answers()
        run.kill()
    until(lambda: not server.alive, "the server has followed")


@pytest.mark.parametrize("engine", ["mariadb", pytest.param("mysql", marks=pytest.mark.long)])
def test_new_database_is_empty_and_goes_away(engine: str) -> None:
    with new_database(engine) as url:
        assert tables(url) == []
        connection = connect(url)
        connection.cursor().execute("CREATE TABLE t (n INT)")
        connection.begin()
        connection.cursor().execute("SELECT * FROM t")  # an open transaction must not hold up the drop
    connection.close()
    with pytest.raises(pymysql.OperationalError, match="Unknown database"):
        connect(url)


def test_policy_is_put_back(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 0\n")

    def fail() -> None:
        with services_not_started(policy):
            subprocess.run([policy], check=True)

    with pytest.raises(subprocess.CalledProcessError, match="101"):
        fail()

    assert policy.read_text() == "#!/bin/sh\nexit 0\n"
    assert list(tmp_path.iterdir()) == [policy]


def test_policy_that_a_killed_run_left_is_taken_away(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text(f"#!/bin/sh\n{OURS}exit 101\n")
    (tmp_path / "policy-rc.d.before-parley").write_text("the one before")

    with services_not_started(policy):
        pass

    assert policy.read_text() == "the one before"
    assert list(tmp_path.iterdir()) == [policy]


def test_launcher_runs_from_anywhere(tmp_path: Path) -> None:
    result = subprocess.run(
        [ROOT / "bin" / "services", "status"],
        cwd=tmp_path,
        env={**os.environ, "PARLEY_SERVICES": str(tmp_path / "run")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    assert all(name in result.stdout for name in CATALOG)


def test_document_names_the_servers_and_their_variables() -> None:
    rows = [line.split("|") for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")]
    named = {row[1].strip(" `"): row[3].strip(" `") for row in rows if row[1].strip(" `") in CATALOG}

    assert named == {name: server.variable for name, server in CATALOG.items()}
    assert list(named)[: len(USUAL)] == list(USUAL)


def test_commands_in_the_document_are_understood() -> None:
    lines = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("bin/services")]
    assert lines
    for line in lines:
        name, *arguments = line.partition("#")[0].split()[1:]
        command = main.get_command(click.Context(main), name)
        assert command is not None, line
        command.make_context(name, arguments)
