"""The embedded engine and a cluster of processes, both new, both told the same times and tokens."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from projections.projectors import PROJECTIONS
from projections.readmodel.open import open_control
from projections.readmodel.words import store_id
from tests.support.asked_alike import Alike, Parley
from tests.support.broker import delete_queue
from tests.support.databases import new_database
from tests.support.role import Role
from tests.support.search_engines import new_prefix
from tests.support.shared_server import shared_server
from tests.support.told import Told
from tests.support.waiting import until

TOLD = "tests.support.told"


@contextmanager
def both_engines(folder: Path, admin_key: str) -> Iterator[tuple[Alike, Told]]:
    """All processes ready; killed at the end, what they said stays in `folder`. Skips where a server can't be had."""
    told = folder / "told"
    with _places() as places, ExitStack() as stack:

        def begin(name: str, *arguments: str, module: str = "parley", **settings: str) -> Role:
            keys = {"PARLEY_DATA": str(folder / f"{name}-data"), "PARLEY_ADMIN_KEY": admin_key}
            role = Role(folder / f"{name}.log", *arguments, module=module, **keys, **settings)
            stack.push(role)
            return role.begin()

        embedded = begin("serve", str(told), "serve", module=TOLD)
        commands = [
            begin(f"command-api-{number}", str(told), "command-api", module=TOLD, **places)
            for number in (1, 2)
        ]
        queries = [begin(f"query-api-{number}", "query-api", **places) for number in (1, 2)]
        others = [begin(f"projector-{name}", "projector", name, **places) for name in PROJECTIONS]
        for role in (embedded, *commands, *queries, *others, begin("scheduler", "scheduler", **places)):
            _await(role)
        yield (
            stack.enter_context(
                Alike(
                    [
                        Parley("embedded", [embedded.url], [embedded.url]),
                        Parley("cluster", [role.url for role in commands], [role.url for role in queries]),
                    ]
                )
            ),
            Told(told),
        )


@contextmanager
def _places() -> Iterator[Mapping[str, str]]:
    """The settings of the cluster's processes: nothing is there yet, and nothing stays."""
    bus, redis = shared_server("rabbitmq").url(), shared_server("redis").url()
    with new_database("mariadb") as log, new_prefix("opensearch") as search:
        try:
            yield {
                "PARLEY_LOG_URL": log,
                "PARLEY_READ_URL": log,
                "PARLEY_SEARCH_URL": search,
                "PARLEY_BUS_URL": bus,
                "PARLEY_REDIS_URL": redis,
            }
        finally:
            with closing(open_control(log, search)) as control:
                store = store_id(control.secret)
            for name in PROJECTIONS:
                delete_queue(bus, f"{name}.{store}")


def _await(role: Role) -> None:
    until(lambda: role.url or role.ended, "the greeting")
    assert role.url, role.said
    until(lambda: role.ready, "ready")
