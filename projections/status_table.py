"""`parley status` for people: tables, and beneath them in full what is wrong."""

from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from projections.status import Status

NONE = "–"
PIPE_WIDTH = 200
"""For what is no terminal: wide enough that a line of `grep` is a row of the table."""


def lines(found: Status, width: int) -> Iterator[str]:
    """What `survey.survey` gave. Tables fold their cells before they get wider than `width`."""
    yield _log(found)
    yield from _table(
        ["projection", "generation", "position", "lag", "seconds", "queue", "state"],
        [_projection(one) for one in found["projections"]],
        width,
        numbers=("position", "lag", "seconds", "queue"),
    )
    yield from _table(["server", "is", "address", "state"], [_server(one) for one in found["servers"]], width)
    wrong = list(_wrong(found))
    yield from ["", *map(plain, wrong)] if wrong else []


def plain(text: str) -> str:
    """The text with what could steer a terminal escaped; errors quote what servers and clients have sent."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


def _log(found: Status) -> str:
    if found["head"] is not None:
        return f"log {plain(found['log_id'])}: head {found['head']:,}"
    reported = found["reported"]
    if reported["head"] is None:
        return "log: head unknown"
    return f"log: head {reported['head']:,} when a follower last told, {reported['at']}"


def _projection(one: Status) -> list[str]:
    generation = NONE if one["generation"] is None else f"{one['generation']}"
    if one["previous"]:
        generation += f", {one['previous']} before it"
    if one["building"]:
        generation += f", {one['building']} unfinished"
    seconds = NONE if one["lag_seconds"] is None else f"{one['lag_seconds']:,.1f}"
    wrong = ["error"] if one["error"] else []
    if one["parked"]:
        wrong.append(f"{len(one['parked'])} parked")
    return [
        one["name"],
        generation,
        _number(one["position"]),
        _number(one["lag_events"]),
        seconds,
        _number(one["queue"]),
        ", ".join(wrong) or "ok",
    ]


def _server(one: dict[str, Any]) -> list[str]:
    return [
        one["role"],
        " ".join(filter(None, (one["kind"], one["version"]))),
        one["address"] or NONE,
        "error" if one["error"] else "ok",
    ]


def _wrong(found: Status) -> Iterator[str]:
    """In full, each reason in one line, however long, after the names of all that it keeps from working."""
    names: dict[str, list[str]] = {}
    for one in found["servers"]:
        if one["error"]:
            names.setdefault(one["error"], []).append(one["role"])
    for one in found["projections"]:
        if one["error"]:
            told = f" (last heard of {one['reported_at']})" if one["reported_at"] else ""
            names.setdefault(one["error"], []).append(one["name"] + told)
    yield from (f"{', '.join(which)}: {error}" for error, which in names.items())
    for one in found["projections"]:
        yield from (f"{one['name']}, parked: {message}" for message in one["parked"])


def _number(number: int | None) -> str:
    return NONE if number is None else f"{number:,}"


def _table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], width: int, numbers: Sequence[str] = ()
) -> Iterator[str]:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for head in heads:
        is_number = head in numbers
        table.add_column(
            head,
            justify="right" if is_number else "left",
            no_wrap=is_number or head == heads[0],
            overflow="fold",
        )
    for row in rows:
        table.add_row(*map(plain, row))
    paper = StringIO()
    Console(file=paper, width=width, markup=False, emoji=False, highlight=False, color_system=None).print(
        table
    )
    yield ""
    yield from (line.rstrip() for line in paper.getvalue().splitlines())
