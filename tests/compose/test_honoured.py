"""docker-compose.yml asks of foreign images only what they are known to honour."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.compose.files import foreign_services, variables, words
from tests.compose.honoured import HONOURED
from tests.compose.standins import FOLDER, wanted

# These are the engine's own; they mean the same for every image.
ENGINE = {
    "image",
    "restart",
    "stop_grace_period",
    "init",
    "read_only",
    "tmpfs",
    "cap_drop",
    "security_opt",
    "mem_limit",
    "logging",
    "networks",
    "depends_on",
    "ports",
    "ulimits",
}
CHECKED = {"environment", "command", "volumes", "healthcheck"}
SHELL = {"CMD", "CMD-SHELL"}


def uses(service: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(table, what) of all that a service asks of its image."""
    for name in variables(service):
        yield "environment", name
    for word in words(service.get("command")):
        yield "command", word.partition("=")[0]
    for mount in service.get("volumes", []):
        # A volume without a name has only the place.
        yield "mounts", mount.split(":")[1] if ":" in mount else mount
    for mount in service.get("tmpfs", []):
        yield "mounts", mount.split(":")[0]
    for program in programs(service.get("healthcheck", {}).get("test", [])):
        yield "programs", program
    for key in service.keys() - ENGINE - CHECKED:
        yield "other", key


def programs(test: list[str]) -> Iterator[str]:
    """What a health check starts; a shell's line may start several."""
    kind, first, *_ = test or ["CMD", ""]
    assert kind in SHELL, test
    if kind == "CMD":
        if first:
            yield first
        return
    for part in first.replace("$$(", "|").replace(")", "|").split("|"):
        plain = [word for word in part.split() if "=" not in word.split("/")[0]]
        if plain:
            yield plain[0]


def honoured(table: dict[str, Any], what: str) -> bool:
    return what in table or any(what.startswith(entry[:-1]) for entry in table if entry.endswith("*"))


def name_of(image: str) -> str:
    return wanted()[image]


@pytest.mark.parametrize("service", foreign_services())
def test_only_what_the_real_image_honours_is_used(service: str) -> None:
    declared = foreign_services()[service]
    tables = HONOURED[name_of(declared["image"])]
    unknown = [
        f"{table}: {what}" for table, what in uses(declared) if not honoured(tables.get(table, {}), what)
    ]
    assert unknown == [], (
        "add it to honoured.toml, with the source that shows what the real image does with it"
    )


def test_nothing_is_listed_without_a_source() -> None:
    for name, tables in HONOURED.items():
        assert tables.keys() >= {"real", "stand_in"}, name
        for table in tables.values():
            for what, source in table.items() if isinstance(table, dict) else ():
                assert len(source) == 2, (name, what)
                assert all(source), (name, what)


def test_something_stands_in_for_each_image() -> None:
    for tag, name in wanted().items():
        assert (FOLDER / name / "Dockerfile").exists(), tag


@pytest.mark.parametrize(
    ("test", "started"),
    [
        (["CMD", "curl", "-f", "http://x"], ["curl"]),
        (["CMD-SHELL", "P=$$(cat /run/x) mysqladmin ping -u parley"], ["cat", "mysqladmin"]),
        (["CMD-SHELL", "redis-cli ping | grep -q PONG"], ["redis-cli", "grep"]),
    ],
)
def test_what_a_health_check_starts(test: list[str], started: list[str]) -> None:
    assert list(programs(test)) == started
