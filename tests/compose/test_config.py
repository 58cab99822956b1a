"""Both generations of Compose read docker-compose.yml in the same way; no engine is needed for that."""

import os
import subprocess
from typing import Any

import pytest
import yaml

from tests.compose.compose import compose, install_compose
from tests.compose.files import COMPOSE_FILE, services
from tests.services.errors import ServiceError

SETTINGS = {"PARLEY_PUBLISH": "192.0.2.1", "PARLEY_PORT": "4000", "PARLEY_ADMIN_KEY": "a key of the admin's"}


def read(generation: str, **settings: str) -> dict[str, Any]:
    """What `docker-compose config` prints; skips where there is no Compose."""
    try:
        if os.environ.get("CI") == "true":
            install_compose(generation)
        program = compose(generation)
    except ServiceError as error:
        pytest.skip(
            f"docker-compose.yml is NOT READ by Compose {generation}: {error}; apt install docker-compose"
        )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    done = subprocess.run(
        [program, "-f", str(COMPOSE_FILE), "config"],
        env={**environment, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = yaml.safe_load(done.stdout)
    return found


def variables(found: dict[str, Any], service: str) -> dict[str, str | None]:
    environment: dict[str, str | None] = found["services"][service]["environment"]
    return environment


@pytest.mark.parametrize("generation", ["1.29", pytest.param("2", marks=pytest.mark.long)])
def test_it_is_read_as_it_is_meant(generation: str) -> None:
    plain, told = read(generation), read(generation, **SETTINGS)
    assert plain["services"].keys() == services().keys()
    for api in ("command-api", "query-api"):
        assert variables(plain, api)["PARLEY_PUBLISHED"] == "127.0.0.1"
        assert variables(plain, api)["PARLEY_ADMIN_KEY"] is None
        assert variables(told, api)["PARLEY_PUBLISHED"] == SETTINGS["PARLEY_PUBLISH"]
        assert variables(told, api)["PARLEY_ADMIN_KEY"] == SETTINGS["PARLEY_ADMIN_KEY"]
        assert variables(told, api)["MYSQL_HOST"] == "mysql"
    assert "192.0.2.1" in str(told["services"]["gateway"]["ports"])
    assert "4000" in str(told["services"]["gateway"]["ports"])
