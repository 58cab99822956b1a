"""The API is as its document says: every example played, and everything else that a stranger may try."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from parley.openapi.document import described
from tests.cluster.cluster import Cluster
from tests.support.client import Client
from tests.support.server import Server
from tests.support.stranger import try_all

KEY = "an admin key of the test"
# Its gateway keeps /metrics to itself.
OF_CLUSTER = (None, "--exclude-operation-id", "metrics")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("guarded") / "data", {"PARLEY_ADMIN_KEY": KEY}) as running:
        yield running


def test_it_is_an_openapi_document() -> None:
    OPENAPI_31_VALIDATOR.validate(described())


def test_queries_are_read_as_they_are_described(guarded: Server) -> None:
    """Of each parameter that there is anywhere, every operation knows exactly those that it is said to have."""
    document = described()
    parameters = document["components"]["parameters"]
    names = {one["name"] for one in parameters.values() if one["in"] == "query"}

    async def run() -> None:
        async with Client(guarded.url) as client:
            for path, item in document["paths"].items():
                for method, operation in item.items():
                    target = path.format_map({name: one.get("example") for name, one in parameters.items()})
                    told = {reference["$ref"].rpartition("/")[2] for reference in operation["parameters"]}
                    taken = await known(client, method.upper(), target, names)
                    assert taken == {parameters[name]["name"] for name in told} & names, (method, path)

    asyncio.run(run())


async def known(client: Client, method: str, path: str, names: set[str]) -> set[str]:
    """Those of `names` that are not refused as unknown, in one order or another."""
    headers = {"Authorization": f"Bearer {KEY}"}
    found: set[str] = set()
    for order in ("asc", "recent"):
        query = "&".join(f"{name}={order if name == 'order' else '%20'}" for name in sorted(names))
        answer = await client.request(method, f"{path}?{query}", headers=headers)
        assert answer.status == 422, (method, path, answer)
        refused: list[Mapping[str, Any]] = answer.json()["errors"]
        found |= names - {one["parameter"] for one in refused if one["detail"] == "is not known here"}
    return found


def test_schemathesis_finds_nothing(guarded: Server) -> None:
    try_all(guarded.url, KEY, "--seed", "1", phases="examples,coverage,fuzzing", most=2)


def test_schemathesis_finds_nothing_by_going_on_from_answers(guarded: Server) -> None:
    try_all(guarded.url, KEY, "--seed", "1", phases="stateful", most=8)


def test_schemathesis_finds_nothing_on_a_cluster(cluster: Cluster) -> None:
    try_all(cluster.url, *OF_CLUSTER, "--seed", "1", phases="examples,stateful", most=5)


@pytest.mark.long
def test_schemathesis_finds_nothing_for_long(guarded: Server) -> None:
    try_all(guarded.url, KEY, most=100)


@pytest.mark.long
def test_schemathesis_finds_nothing_on_a_cluster_for_long(cluster: Cluster) -> None:
    try_all(cluster.url, *OF_CLUSTER, most=30)
