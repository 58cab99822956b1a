"""What docker-compose.yml and the Dockerfile say."""

import re
from functools import cache
from typing import Any

import yaml

from tests.services.files import CHECKOUT

COMPOSE_FILE = CHECKOUT / "docker-compose.yml"
DOCKERFILE = CHECKOUT / "docker" / "Dockerfile"


@cache
def compose_file() -> dict[str, Any]:
    """With its anchors resolved; variables stand as they are."""
    read: dict[str, Any] = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))
    return read


def services() -> dict[str, dict[str, Any]]:
    declared: dict[str, dict[str, Any]] = compose_file()["services"]
    return declared


def own_services() -> dict[str, dict[str, Any]]:
    """Those that run Parley's image."""
    return {name: service for name, service in services().items() if service["image"] == parley_image()}


def foreign_services() -> dict[str, dict[str, Any]]:
    """Those that run somebody else's."""
    return {name: service for name, service in services().items() if service["image"] != parley_image()}


def parley_image() -> str:
    (image,) = {service["image"] for service in services().values() if "build" in service}
    return str(image)


def python_image() -> str:
    """What Parley's image is made from."""
    match = re.search(r"^ARG PYTHON_IMAGE=(\S+)$", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert match, f"{DOCKERFILE} does not name its base"
    return match[1]


def variables(service: dict[str, Any]) -> dict[str, str | None]:
    """Its environment, in either of the two ways to write it."""
    environment = service.get("environment", {})
    if isinstance(environment, list):
        return {name: value or None for name, _, value in (line.partition("=") for line in environment)}
    return dict(environment)


def words(command: str | list[str] | None) -> list[str]:
    return command.split() if isinstance(command, str) else list(command or [])
