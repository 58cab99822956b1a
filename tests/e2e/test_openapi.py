"""The API is as its document says: every example played, and everything else that a stranger may try."""

from collections.abc import Iterator

import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from parley.openapi.document import described
from tests.cluster.cluster import Cluster
from tests.support.server import Server
from tests.support.stranger import try_all

KEY = "an admin key of the test"
# It has no admin key, so nobody needs one, and its gateway keeps /metrics to itself.
OF_CLUSTER = ("none at all", "--exclude-checks", "ignored_auth", "--exclude-operation-id", "metrics")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("guarded") / "data", {"PARLEY_ADMIN_KEY": KEY}) as running:
        yield running


def test_it_is_an_openapi_document() -> None:
    OPENAPI_31_VALIDATOR.validate(described())


def test_schemathesis_finds_nothing(guarded: Server) -> None:
    try_all(guarded.url, KEY, "--seed", "1", phases="examples,coverage,fuzzing", most=2)


def test_schemathesis_finds_nothing_by_going_on_from_answers(guarded: Server) -> None:
    try_all(guarded.url, KEY, "--seed", "1", phases="stateful", most=8)


def test_schemathesis_finds_nothing_on_a_cluster(cluster: Cluster) -> None:
    try_all(cluster.url, *OF_CLUSTER, "--seed", "1", phases="examples,stateful", most=8)


@pytest.mark.long
def test_schemathesis_finds_nothing_for_long(guarded: Server) -> None:
    try_all(guarded.url, KEY, most=100)


@pytest.mark.long
def test_schemathesis_finds_nothing_on_a_cluster_for_long(cluster: Cluster) -> None:
    try_all(cluster.url, *OF_CLUSTER, most=30)
