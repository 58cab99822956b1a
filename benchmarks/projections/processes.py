"""Parley's processes on a history, as in a cluster: one of each, without a gateway."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.projections.history import NAMES, History
from projections.readmodel.words import store_id
from tests.support.broker import delete_queue
from tests.support.role import Role
from tests.support.waiting import until


class Processes(NamedTuple):
    """All started and ready."""

    commands: Role
    queries: Role
    tables: Role
    search: Role
    scheduler: Role

    @property
    def pids(self) -> Mapping[str, int]:
        """The one process of each that does the work."""
        apis = {"command-api": self.commands, "query-api": self.queries}
        return {name: min(role.workers) for name, role in apis.items()} | {
            "projector tables": self.tables.pid,
            "projector search": self.search.pid,
            "scheduler": self.scheduler.pid,
        }


@contextmanager
def processes(history: History) -> Iterator[Processes]:
    """Ended with this, and their queues removed."""
    settings = history.servers.settings(history.log_url, history.read_url, history.search_url)
    said = Path(history.servers.folder)
    with history.control() as control:
        store = store_id(control.secret)
    with ExitStack() as stack:
        for name in NAMES:
            stack.callback(delete_queue, settings["PARLEY_BUS_URL"], f"{name}.{store}")

        def begin(*arguments: str, module: str = "parley") -> Role:
            role = Role(said / f"{'-'.join(arguments)}.log", *arguments, module=module, **settings)
            stack.push(role)
            return role.begin()

        started = Processes(
            commands=begin("command-api"),
            queries=begin("query-api", module="benchmarks.query_server"),
            tables=begin("projector", "tables"),
            search=begin("projector", "search"),
            scheduler=begin("scheduler"),
        )
        until(lambda: all(role.url or role.ended for role in started), "the greetings")
        for role in started:
            assert role.url, role.said
        until(lambda: all(role.ready for role in started), "ready")
        yield started
