"""A data folder for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.folder import Folder, folder_on


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Folder]:
    """Its parameter is the engine of the log and the read tables: "sqlite" if there is none."""
    with folder_on(getattr(request, "param", "sqlite"), tmp_path / "parley-data") as folder:
        yield folder
