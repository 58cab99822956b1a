"""A whole cluster as a group of one server: its gateway."""

import asyncio
from contextlib import closing
from typing import NamedTuple

from eventstore.open import open_log
from projections.readmodel.open import open_search, open_tables
from projections.readmodel.reads import Reads
from projections.readmodel.views import SearchView, TablesView
from tests.cluster.cluster import Cluster
from tests.support.group import Group

CATCH_UP = 60


class Gateway(NamedTuple):
    """Implements `tests.support.group.Address`."""

    url: str
    port: int


class ClusterGroup(Group):
    """Its clients know one address. What they read may be older than what they have just done, unless they say."""

    trails = True

    def __init__(self, cluster: Cluster) -> None:
        super().__init__([Gateway(cluster.url, cluster.gateway.port)])
        self.cluster = cluster

    def restart(self) -> None:
        self.cluster.restart()

    def verify(self) -> None:
        verified = self.cluster.parley("verify")
        assert verified.returncode == 0, verified.stdout + verified.stderr

    def settle(self) -> None:
        settings = self.cluster.settings
        with closing(open_log(self.cluster.log_url)) as log:
            head = log.head()

        async def seen() -> None:
            read_url, search_url = settings["PARLEY_READ_URL"], settings["PARLEY_SEARCH_URL"]
            with (
                closing(open_tables(read_url)) as tables,
                closing(open_search(search_url, read_url)) as search,
            ):
                await _reaches(tables, search, head)

        asyncio.run(seen())


async def _reaches(tables: Reads[TablesView], search: Reads[SearchView], head: int) -> None:
    await tables.read(lambda view: view.position, head, CATCH_UP)
    await search.read(lambda view: view.position, head, CATCH_UP)
