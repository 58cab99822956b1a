"""A query API over an empty state that the test fills."""

import pytest

from tests.api.queries.api import Api


@pytest.fixture
def api() -> Api:
    return Api()
