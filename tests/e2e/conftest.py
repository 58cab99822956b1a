"""Running servers for the tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster
from tests.support.cluster_group import ClusterGroup
from tests.support.group import ALONE, CLUSTER, Group, new_group
from tests.support.running_cluster import running_cluster
from tests.support.server import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`parley serve` as it runs by itself."""
    with Server(tmp_path_factory.mktemp("serve") / "data") as running:
        yield running


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One for all tests of this folder: they leave it as they found it, all processes running."""
    with running_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture(
    scope="module",
    params=[
        ALONE,
        # With two command processes on MariaDB.
        CLUSTER,
        pytest.param(("mariadb", 2), marks=pytest.mark.long),
        pytest.param(("mariadb", 4), marks=pytest.mark.long),
        pytest.param(("mysql", 2), marks=pytest.mark.long),
        pytest.param(("mysql", 4), marks=pytest.mark.long),
    ],
    ids=lambda param: "-".join(map(str, param)),
)
def group(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Group]:
    """Servers that share a log: (engine, how many); or the cluster."""
    yield from _group(request, tmp_path_factory.mktemp("group"))


@pytest.fixture(scope="module", params=[ALONE, CLUSTER], ids=["alone", "cluster"])
def door(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Group]:
    """One address, be it that of a single process or of a cluster's gateway."""
    yield from _group(request, tmp_path_factory.mktemp("door"))


def _group(request: pytest.FixtureRequest, folder: Path) -> Iterator[Group]:
    if request.param == CLUSTER:
        yield ClusterGroup(request.getfixturevalue("cluster"))
        return
    engine, count = request.param
    with new_group(engine, count, folder) as running:
        yield running
