"""`parley status` for people."""

from pathlib import Path
from typing import Any

import pytest

from projections.status import Status
from projections.status_table import lines

AT = "2026-07-01T12:00:00.000000Z"
REFUSED = "ConnectionRefusedError: [Errno 111] Connection refused"


def projection(name: str, **other: Any) -> Status:
    return {
        "name": name,
        "generation": 1,
        "previous": None,
        "building": None,
        "position": 48210,
        "lag_events": 0,
        "lag_seconds": 0.0,
        "error": None,
        "reported_at": AT,
        "parked": [],
        "queue": 0,
    } | other


def server(
    role: str, kind: str, version: str | None, address: str | None, error: str | None = None
) -> Status:
    return {"role": role, "kind": kind, "version": version, "address": address, "error": error}


def found(*projections: Status, **other: Any) -> Status:
    return {
        "log_id": "c8f2a94b6d1e4f70",
        "head": 48210,
        "reported": {"head": 48210, "at": AT},
        "projections": list(projections),
        "servers": [],
    } | other


EXAMPLE = found(
    projection("tables", generation=3, previous=2),
    projection("search", position=48198, lag_events=12, lag_seconds=4.21, queue=3, building=2),
    servers=[
        server("log", "MariaDB", "10.11.19", "db:3306/parley"),
        server("read tables", "MariaDB", "10.11.19", "db:3306/parley"),
        server("search index", "OpenSearch", "2.19.1", "search:9200"),
        server("bus", "RabbitMQ", "3.10.8", "mq:5672//"),
        server("words", "Redis", None, "redis:6379/0", "ConnectionError: Connection refused."),
    ],
)


def text(status: Status, width: int = 80) -> str:
    return "\n".join(lines(status, width))


def test_the_readme_shows_it() -> None:
    readme = (Path(__file__).parents[3] / "projections" / "README.md").read_text(encoding="utf-8")

    assert f"```text\n$ bin/parley status\n{text(EXAMPLE)}\n```" in readme


LARGEST = projection(
    "tables",
    generation=1234,
    previous=1233,
    building=1235,
    position=1_234_567_890,
    lag_events=234_567_890,
    lag_seconds=1_234_567.8,
    queue=1000,
    error="x" * 300,
    parked=["message a/1/7: too large"] * 100,
)
LONG_ADDRESS = server("log", "MySQL", "9.7.4", f"{'é' * 120}:3306/parley")


@pytest.mark.parametrize("width", [80, 100, 200])
def test_nothing_is_cut(width: int) -> None:
    shown = text(found(LARGEST, servers=[LONG_ADDRESS]), width)

    for number in ("1,234,567,890", "234,567,890", "1,234,567.8", "1,000"):
        assert f" {number} " in shown
    assert shown.count("message a/1/7: too large") == 100
    assert "x" * 300 in shown
    assert "…" not in shown
    table = shown.partition("\ntables")[0]
    assert max(map(len, table.splitlines())) <= width
    # Folded, the address is all there.
    assert shown.count("é") == 120


def test_what_is_wrong_follows_once_in_full() -> None:
    shown = text(
        found(
            projection("tables", error=REFUSED, reported_at=None),
            projection("search", error="the log was rewound", parked=["message a/1/7: too large"]),
            servers=[
                server("read tables", "MySQL or MariaDB", None, "db:3306/parley", REFUSED),
                server("bus", "in-process", None, None),
            ],
        )
    ).splitlines()

    assert shown[-3:] == [
        f"read tables, tables: {REFUSED}",
        f"search (last heard of {AT}): the log was rewound",
        "search, parked: message a/1/7: too large",
    ]
    states = [line.split()[-1] for line in shown if line.startswith(("read tables ", "bus "))]
    assert states == ["error", "ok"]
    assert any(line.endswith("error, 1 parked") for line in shown)


def test_without_the_log_the_last_word_of_a_follower_is_shown() -> None:
    assert text(found(head=None, log_id=None)).startswith(
        f"log: head 48,210 when a follower last told, {AT}\n"
    )
    nothing = found(head=None, log_id=None, reported={"head": None, "at": None})
    assert text(nothing).startswith("log: head unknown\n")


def test_what_nobody_knows_is_a_dash() -> None:
    unknown = dict.fromkeys(projection(""))
    shown = text(found(unknown | {"name": "tables", "error": "away", "parked": []}))

    assert [line.split() for line in shown.splitlines() if line.startswith("tables ")] == [
        ["tables", "–", "–", "–", "–", "–", "error"]
    ]


def test_x31_nothing_can_steer_a_terminal() -> None:
    evil = "\x1b[2J\r\n\x9b2J\u202eevil[bold]🍣:smile:"
    shown = text(
        found(
            projection("tables", error=evil, parked=[evil]),
            servers=[server("log", evil, evil, evil, evil), server("bus", "x", None, None, evil + "2")],
            log_id=evil,
        ),
        400,
    )

    assert not {"\x1b", "\x9b", "\u202e", "\r"} & {*shown}
    assert r"\x1b[2J\r\n\x9b2J\u202eevil[bold]🍣:smile:" in shown.splitlines()[0]
    assert shown.count("[bold]🍣:smile:") == 7
