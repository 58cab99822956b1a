"""A lint of docker-compose.yml and the Dockerfile: pins, health, limits, what is published, no secrets."""

import re
from typing import Any

import pytest
import yaml

import parley
from tests.architecture.checkout import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_SHOTS = {"secrets", "migrate"}
OF_PARLEY = {name for name, service in SERVICES.items() if service["image"].startswith("parley:")}
LASTING = sorted(SERVICES.keys() - ONE_SHOTS)
IMAGE = re.compile(r"[\w./-]+:\d+\.\d+\.\d+(-[\w.-]+)?")
SECRET = re.compile(r"(?i)(password|secret|token|key)")


def test_the_services_are_those_that_were_asked_for() -> None:
    servers = {"mysql", "rabbitmq", "redis", "opensearch", "gateway"}
    roles = {"command-api", "query-api", "projector-tables", "projector-search", "scheduler"}
    assert SERVICES.keys() == servers | roles | ONE_SHOTS
    assert roles | ONE_SHOTS == OF_PARLEY


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_is_pinned_limited_and_kept_in_its_place(name: str) -> None:
    service = SERVICES[name]
    assert IMAGE.fullmatch(service["image"]), "a full version"
    assert service["mem_limit"]
    assert service["restart"] == ("unless-stopped" if name in LASTING else service["restart"])
    assert service["stop_grace_period"]
    assert service["logging"] == {"driver": "json-file", "options": {"max-size": "10m", "max-file": "5"}}
    assert "no-new-privileges:true" in service["security_opt"]
    # With either, `--scale` would start one container and fail at the second.
    assert "container_name" not in service
    assert name == "gateway" or "ports" not in service, "only the gateway is published"
    assert "privileged" not in service
    assert not any("docker.sock" in str(volume) for volume in service.get("volumes", ()))


@pytest.mark.parametrize("name", sorted(OF_PARLEY))
def test_parleys_own_have_no_rights(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("name", LASTING)
def test_every_lasting_service_says_when_it_is_ready(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] in ("CMD", "CMD-SHELL")
    assert {"interval", "timeout", "retries", "start_period"} <= check.keys()


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_the_order_of_start_is_by_health(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        expected = "service_completed_successfully" if other in ONE_SHOTS else "service_healthy"
        assert how == {"condition": expected}, other


def test_x34_only_the_gateway_is_published_and_on_loopback_unless_told() -> None:
    assert SERVICES["gateway"]["ports"] == ["${PARLEY_PUBLISH:-127.0.0.1}:${PARLEY_PORT:-3000}:3000"]


def test_x34_servers_are_on_the_inner_network_only() -> None:
    assert COMPOSE["networks"]["servers"] == {"internal": True}
    for name in (
        "mysql",
        "rabbitmq",
        "redis",
        "opensearch",
        "projector-tables",
        "projector-search",
        "scheduler",
    ):
        assert SERVICES[name]["networks"] == ["servers"], name
    assert SERVICES["gateway"]["networks"] == ["gateway"]


def test_x34_no_secret_is_written_down() -> None:
    """Each comes from a file in a volume, or from where docker-compose runs."""
    for name, service in SERVICES.items():
        for variable, value in (service.get("environment") or {}).items():
            if SECRET.search(variable):
                assert value is None or str(value).startswith("/run/parley/"), (name, variable)


def test_the_image_is_of_one_release_and_runs_as_nobody_in_particular() -> None:
    lines = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8").splitlines()
    [base] = [line.partition("=")[2] for line in lines if line.startswith("ARG PYTHON_IMAGE=")]
    assert IMAGE.fullmatch(base)
    assert "USER parley" in lines
    text = "\n".join(lines)
    assert "--require-hashes" in text
    assert "--only-binary :all:" in text
    assert {SERVICES[name]["image"] for name in OF_PARLEY} == {f"parley:{parley.__version__}"}
