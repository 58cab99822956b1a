"""`parley doctor`: silent where all is well; each thing that is wrong is named, with its cure."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from kombu import Queue
from opensearchpy import OpenSearch

from engines.finding import clock_finding, disk_finding
from engines.search_url import parse_search
from eventstore.open import log_findings
from eventstore.rabbitmq_topology import QUEUE_PREFIX, declare_queue
from parley.doctor.followers import follower_findings
from parley.doctor.variables import SETTINGS
from projections.places import LOG
from projections.projectors import PROJECTIONS
from projections.readmodel.open import open_control
from projections.readmodel.opensearch_index import index_name
from tests.support.broker import channel, delete_queue
from tests.support.databases import new_database
from tests.support.mysql import execute, server
from tests.support.search_engines import new_prefix
from tests.support.shared_server import shared_server

ROOT = Path(__file__).parents[2]


class Answer(NamedTuple):
    """Exit code, and what was found."""

    code: int
    findings: list[dict[str, Any]]
    servers: list[dict[str, Any]]
    text: str

    def cure(self, what: str) -> str:
        """Of the one finding that says so."""
        [cure] = [one["cure"] for one in self.findings if what in one["what"]]
        return str(cure)


def parley(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    return subprocess.run(
        [sys.executable, "-m", "parley", *arguments],
        env={**clean, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def doctor(**variables: str) -> Answer:
    done = parley("doctor", "--json", **variables)
    assert done.returncode in (0, 1), done.stderr
    said = json.loads(done.stdout)
    return Answer(done.returncode, said["findings"], said["servers"], done.stdout)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    data = tmp_path_factory.mktemp("doctor")
    assert parley("migrate", PARLEY_DATA=str(data)).returncode == 0
    return str(data)


class Cluster(NamedTuple):
    settings: dict[str, str]
    queues: list[str]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    broker, words = shared_server("rabbitmq").url(), shared_server("redis").url()
    with new_database("mariadb") as url, new_prefix("opensearch") as search:
        settings = {
            "PARLEY_LOG_URL": url,
            "PARLEY_READ_URL": url,
            "PARLEY_SEARCH_URL": search,
            "PARLEY_BUS_URL": broker,
            "PARLEY_REDIS_URL": words,
        }
        made = parley("migrate", **settings)
        assert made.returncode == 0, made.stderr
        with closing(open_control(url, search)) as control:
            names = [f"{name}.{control.store(name)}" for name in PROJECTIONS]
        yield Cluster(settings, names)


def test_a_healthy_folder_has_no_findings(folder: str) -> None:
    found = doctor(PARLEY_DATA=folder)
    assert (found.code, found.findings) == (0, [])


def test_healthy_servers_have_no_findings(cluster: Cluster) -> None:
    with queues(cluster, declare_queue):
        found = doctor(**cluster.settings)
    assert (found.code, found.findings) == (0, [])
    assert all(one["version"] for one in found.servers)


def test_a_classic_queue_in_a_followers_place_is_found(cluster: Cluster) -> None:
    def classic(on: Any, name: str) -> None:
        Queue(f"{QUEUE_PREFIX}{name}", durable=True)(on).declare()

    with queues(cluster, classic):
        found = doctor(**cluster.settings)
    assert found.code == 1
    assert len(found.findings) == len(cluster.queues)
    assert "rabbitmqctl delete_queue" in found.cure(f"{cluster.queues[0]} has not the type")


def test_queues_that_are_missing_are_not_made(cluster: Cluster) -> None:
    assert doctor(**cluster.settings).findings == []
    with channel(cluster.settings["PARLEY_BUS_URL"]) as on, pytest.raises(Exception, match="NOT_FOUND"):
        on.queue_declare(f"{QUEUE_PREFIX}{cluster.queues[0]}", passive=True)


def test_a_field_that_was_added_to_the_index_is_found(cluster: Cluster) -> None:
    where = parse_search(cluster.settings["PARLEY_SEARCH_URL"])
    with closing(OpenSearch(hosts=[{"host": where.host, "port": where.port}])) as client:
        body = {"dynamic": True, "properties": {"guessed": {"type": "long"}}}
        index = index_name(where.prefix, 1)
        client.indices.put_mapping(index=index, body=body)
        found = doctor(**cluster.settings)
    assert "parley replay search" in found.cure("other fields than expected: guessed")
    assert "parley replay search" in found.cure("not strict")


def test_a_server_that_may_lose_messages_is_found(tmp_path: Path) -> None:
    with server(tmp_path) as running:
        assert log_findings(LOG, running.url("parley"), 30) == []
        execute(
            running,
            "SET GLOBAL sync_binlog = 0",
            "SET GLOBAL innodb_flush_log_at_trx_commit = 2",
            "SET GLOBAL max_allowed_packet = 1048576",
        )
        found = log_findings(LOG, running.url("parley"), 30)
    cures = " ".join(one.cure for one in found)
    assert len(found) == 3
    assert all(one.severity == "error" for one in found)
    for wanted in ("sync_binlog = 1", "innodb_flush_log_at_trx_commit = 1", "max_allowed_packet = 16777216"):
        assert f"SET GLOBAL {wanted};" in cures


def test_servers_that_are_away_are_found_once(folder: str) -> None:
    away = doctor(PARLEY_DATA=folder, PARLEY_BUS_URL="amqp://ann:s3cret@127.0.0.1:1//")
    assert (away.code, len(away.findings)) == (1, 1)
    assert "Start RabbitMQ at 127.0.0.1:1" in away.findings[0]["cure"]
    assert "s3cret" not in away.text


def test_a_mistyped_variable_is_found_with_the_nearest_name(folder: str) -> None:
    found = doctor(PARLEY_DATA=folder, PARLEY_ADMN_KY="s3cret")
    assert found.cure("PARLEY_ADMN_KY") == "Did you mean PARLEY_ADMIN_KEY?"
    assert "s3cret" not in found.text


def test_a_secret_that_everybody_can_read_is_found(folder: str, tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("sixteen characters at least")
    secret.chmod(0o644)
    settings = {"PARLEY_DATA": folder, "PARLEY_ADMIN_KEY_FILE": str(secret)}
    assert doctor(**settings).cure("everybody") == f"chmod o= {secret}"
    secret.chmod(0o640)
    assert doctor(**settings).findings == []
    secret.unlink()
    assert "PARLEY_ADMIN_KEY_FILE" in doctor(**settings).cure("no file that can be read")


WRONG = {
    "PARLEY_PORT": "abc",
    "PARLEY_LIMIT_KEY": "nonsense",
    "PARLEY_ADMIN_KEY": "short",
    "PARLEY_CORS_ORIGINS": "https://A/x",
    "PARLEY_WORKERS": "900",
    "PARLEY_OPEN": "yes",
    "PARLEY_HEALTH_PORT": "-1",
}


def test_values_that_keep_a_process_from_starting_are_found(folder: str) -> None:
    found = doctor(PARLEY_DATA=folder, **WRONG)
    assert found.code == 1
    assert sorted(one["what"].split()[0] for one in found.findings) == sorted(WRONG)
    assert "short" not in found.text
    assert found.servers
    found = doctor(PARLEY_DATA=folder, PARLEY_HOST="0.0.0.0")
    assert "PARLEY_HOST is '0.0.0.0'" in found.findings[0]["what"]


def test_a_place_that_is_none_is_found_with_the_rest() -> None:
    found = doctor(PARLEY_LOG_URL="https://a.example", PARLEY_PORT="abc")
    assert [one["what"].split()[0] for one in found.findings] == ["PARLEY_LOG_URL", "PARLEY_PORT"]


def test_without_a_log_the_rest_is_examined(tmp_path: Path) -> None:
    found = doctor(PARLEY_DATA=str(tmp_path), PARLEY_PORT="abc", PARLEY_BUS_URL="amqp://a:b@127.0.0.1:1//")
    assert "parley migrate" in found.cure("there is no log in")
    assert "127.0.0.1:1" in found.text
    assert "README.md" in found.cure("PARLEY_PORT")
    assert list(tmp_path.iterdir()) == []


def test_people_read_a_line_for_each_finding(folder: str) -> None:
    done = parley("doctor", PARLEY_DATA=folder, PARLEY_PROT="1")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-2:] == [
        "warning: settings: PARLEY_PROT is no setting, and has no effect. Cure: Did you mean PARLEY_PORT?",
        "1 findings",
    ]


def test_clocks_disks_and_followers() -> None:
    assert clock_finding(LOG, 100.9, 100.0, 100.0) == []
    assert "2.0 s behind" in clock_finding(LOG, 98.0, 100.0, 101.0)[0].what
    assert disk_finding(LOG, 5, 100) == []
    assert disk_finding(LOG, 4, 100)[0].severity == "error"
    one = {"name": "tables", "position": 7, "error": None, "lag_seconds": 9.0, "lag_events": 3, "parked": []}
    found = follower_findings({"servers": [], "head": 5, "projections": [one]})
    assert [finding.cure.split(";")[0] for finding in found] == [
        "parley replay tables",
        "Start parley projector tables",
    ]


def test_every_setting_of_the_readme_is_known() -> None:
    import re

    named = set(re.findall(r"PARLEY_[A-Z_]*[A-Z]", (ROOT / "README.md").read_text(encoding="utf-8")))
    named = {name.removesuffix("_FILE") for name in named}
    assert {name for name in named if name not in SETTINGS} <= {"PARLEY_CRASHPOINT"}


@contextmanager
def queues(cluster: Cluster, declare: Any) -> Iterator[None]:
    url = cluster.settings["PARLEY_BUS_URL"]
    with channel(url) as on:
        for name in cluster.queues:
            declare(on, name)
    try:
        yield
    finally:
        for name in cluster.queues:
            delete_queue(url, name)
