"""Our short import names belong to others on the package index; none of those may be installed beside us."""

import importlib.util
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOMS, ROOT


@pytest.mark.parametrize("room", ROOMS)
def test_no_installed_distribution_shadows(room: str) -> None:
    owners = set(packages_distributions().get(room, []))

    assert owners <= {"parley"}


@pytest.mark.parametrize("room", ROOMS)
def test_is_imported_from_the_checkout(room: str) -> None:
    spec = importlib.util.find_spec(room)

    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).is_relative_to(ROOT)
