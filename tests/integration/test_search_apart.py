"""A search index in a folder of its own, with its own registry, beside read tables elsewhere."""

import asyncio
from contextlib import closing
from pathlib import Path

from projections.readmodel.open import open_search
from projections.readmodel.store import LiveProjection
from projections.readmodel.views import Page
from projections.replay import replay
from tests.support.facts import append_each
from tests.support.folder import NAMES, data_folder
from tests.support.histories import busy_history


def test_each_projection_is_where_its_url_says(tmp_path: Path) -> None:
    search_url = f"sqlite:///{tmp_path / 'search'}"
    with data_folder(tmp_path / "tables", search_url=search_url) as folder:
        append_each(folder.log, busy_history(200))
        head = folder.log.head()
        folder.follow()
        assert replay(folder.control, folder.tail, "search").generation == 2
        assert folder.control.projection("search") == LiveProjection("search", 2, 1, None)
        assert folder.control.projection("tables").live == 1
        assert folder.findings(*NAMES) == []
        with folder.control.exclusively("follow-search") as mine:
            assert mine
            assert (tmp_path / "search" / "follow-search.lock").exists()
        with data_folder(tmp_path / "search", f"sqlite:///{tmp_path / 'tables' / 'log.db'}") as there:
            assert there.rows("search") == folder.rows("search")

    async def ask() -> int:
        with closing(open_search(search_url, f"sqlite:///{tmp_path / 'tables'}")) as reads:
            return await reads.read(lambda view: view.find("a", 1, "zzz", Page(1)).total, head)

    assert asyncio.run(ask()) == 0
    assert sorted(path.name for path in (tmp_path / "tables").glob("*_g?.db")) == ["tables_g1.db"]
