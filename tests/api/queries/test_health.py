"""Health: the process runs; the process can do its job."""

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
