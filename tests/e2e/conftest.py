"""Running servers for the tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.support.group import Group, new_group
from tests.support.server import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`parley serve` as it runs by itself."""
    with Server(tmp_path_factory.mktemp("serve") / "data") as running:
        yield running


@pytest.fixture(
    scope="module",
    params=[
        ("sqlite", 1),
        ("mariadb", 2),
        pytest.param(("mariadb", 4), marks=pytest.mark.long),
        pytest.param(("mysql", 2), marks=pytest.mark.long),
        pytest.param(("mysql", 4), marks=pytest.mark.long),
    ],
    ids=lambda param: "-".join(map(str, param)),
)
def group(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Group]:
    """Servers that share a log: (engine, how many)."""
    engine, count = request.param
    with new_group(engine, count, tmp_path_factory.mktemp(f"{engine}-{count}")) as running:
        yield running
