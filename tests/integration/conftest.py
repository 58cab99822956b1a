"""A data folder for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.folder import Folder, data_folder


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    with data_folder(tmp_path / "parley-data") as folder:
        yield folder
