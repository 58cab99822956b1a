"""The command."""

import os
from collections.abc import Iterator
from typing import Any

import click

from engines.finding import Finding
from parley.doctor.examine import Examined, examine
from parley.doctor.variables import shown
from projections.console import answer, data_option, json_option


@click.command()
@data_option
@json_option
def doctor(data: str | None, as_json: bool) -> None:
    """Look for what is wrong with settings, servers, queues, the search index, clocks and disks; change nothing.

    Each finding comes with its cure; exit code 1 if there is one.

    Example: parley doctor --json
    """
    found = examine(data, os.environ)
    settings = shown(os.environ)
    answer(_as_json(found, settings), as_json, _lines(found, settings))
    if found.findings:
        raise click.exceptions.Exit(1)


def _as_json(found: Examined, settings: dict[str, str]) -> dict[str, Any]:
    return {
        "settings": settings,
        "servers": found.status["servers"],
        "findings": [one._asdict() for one in found.findings],
    }


def _lines(found: Examined, settings: dict[str, str]) -> Iterator[str]:
    yield from (f"{name}={value}" for name, value in settings.items())
    for server in found.status["servers"]:
        where = f" at {server['address']}" if server["address"] else ""
        yield f"{server['role']}: {server['kind']} {server['version'] or ''}".rstrip() + where
    yield from map(_line, found.findings)
    yield f"{len(found.findings)} findings"


def _line(one: Finding) -> str:
    return f"{one.severity}: {one.place}: {one.what}. Cure: {one.cure}"
