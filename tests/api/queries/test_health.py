"""Health: the process runs; the process can do its job."""

import pytest

from tests.api.queries.api import Api
from web.health import Health


def test_alive(api: Api) -> None:
    api.health = Health(False, {})

    assert api.ok("/livez") == {"alive": True}


def test_ready(api: Api) -> None:
    api.health = Health(True, {"projections": {"search": {"lag": 3, "state": "down"}}})

    assert api.ok("/readyz") == {"ready": True, "projections": {"search": {"lag": 3, "state": "down"}}}


def test_not_ready(api: Api) -> None:
    api.health = Health(False, {"tables": "down"})

    result = api.get("/readyz")

    assert result.status_code == 503
    assert result.headers["retry-after"] == "1"
    assert result.json == {"ready": False, "tables": "down"}


def test_more_is_told_to_who_asks(api: Api) -> None:
    api.health = Health(True, {"search": {"lag": 3}}, {"search": {"lag": 3, "generation": 2}, "queue": 1})

    assert api.ok("/readyz") == {"ready": True, "search": {"lag": 3}}
    more = {"ready": True, "search": {"lag": 3, "generation": 2}, "queue": 1}
    assert api.ok("/readyz?verbose") == api.ok("/readyz?verbose=") == more


@pytest.mark.parametrize("query", ["verbose=1", "verbos", "verbose&verbose", "x"])
def test_what_is_not_known_is_refused(api: Api, query: str) -> None:
    assert api.get(f"/readyz?{query}").status_code == 422
