"""The commands, as a person or a script runs them."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.support.databases import new_database
from tests.support.facts import append, append_each
from tests.support.folder import FOLDERS, Folder
from tests.support.histories import busy_history
from tests.support.logs import ENGINES
from tests.support.program import program
from tests.support.tampering import Tampering

FACTS = busy_history(400)


def run(*arguments: str | Path) -> Result:
    return CliRunner(env={"PARLEY_DATA": None}).invoke(program, [str(argument) for argument in arguments])


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PARLEY_LOG_URL", "PARLEY_READ_URL", "PARLEY_SEARCH_URL"):
        monkeypatch.delenv(name, raising=False)


def result_of(*arguments: str | Path, code: int = 0) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


@pytest.fixture
def data(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Path:
    append_each(folder.log, FACTS)
    folder.follow()
    # The read tables are found by themselves: they are where the log is.
    monkeypatch.setenv("PARLEY_LOG_URL", folder.log_url)
    return folder.path


@pytest.mark.parametrize("command", sorted(set(program.commands) - {"follow"}))
def test_help_shows_settings_and_an_example(command: str) -> None:
    help_text = run(command, "--help").stdout

    assert "PARLEY_DATA" in help_text
    assert f"Example: parley {command}" in help_text


@pytest.mark.parametrize("command", ["status", "verify", "recount", "events", "replay", "rollback"])
def test_without_a_log_there_is_a_hint(command: str, tmp_path: Path) -> None:
    name = ["tables"] if command in ("replay", "rollback") else []

    result = run(command, *name, "--data", tmp_path / "nowhere")

    assert result.exit_code == 1
    assert f"there is no log in {tmp_path / 'nowhere'}" in result.stderr
    assert "--data" in result.stderr
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    "arguments", [["replay"], ["replay", "nobody"], ["rollback", "all"], ["replay", "all", "--batch", "0"]]
)
def test_wrong_usage(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_LOG_URL", "mysql://user:secret@host/db?ssl-mode=maybe")

    result = run("status")

    assert result.exit_code == 2
    assert "PARLEY_LOG_URL" in result.stderr
    assert "secret" not in result.stderr


@pytest.mark.parametrize("engine", ENGINES)
def test_migrate_makes_what_all_commands_take(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "new"
    with ExitStack() as stack:
        if engine != "sqlite":
            monkeypatch.setenv("PARLEY_LOG_URL", stack.enter_context(new_database(engine)))
        migrates(data)


def migrates(data: Path) -> None:
    for _ in range(2):
        assert run("migrate", "--data", data).exit_code == 0

    assert result_of("status", "--data", data)["head"] == 0
    assert result_of("verify", "--data", data)["total"] == 0


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_status(data: Path, folder: Folder) -> None:
    append(folder.log, *busy_history(1, prefix="other"))

    found = result_of("status", "--data", data)

    assert found["head"] == folder.log.head()
    assert [one["name"] for one in found["projections"]] == ["tables", "search"]
    for one in found["projections"]:
        assert (one["generation"], one["position"]) == (1, len(FACTS))
        assert one["lag_events"] == folder.log.head() - len(FACTS)
        assert one["lag_seconds"] > 0
    shown = run("status", "--data", data).stdout
    assert f"head {folder.log.head()}\n" in shown
    [row] = [line.split() for line in shown.splitlines() if line.startswith("tables")]
    assert row[:4] == ["tables", "1", str(len(FACTS)), str(folder.log.head() - len(FACTS))]
    assert row[-2:] == ["–", "ok"]


def test_status_shows_what_stopped_a_projection(data: Path, folder: Folder) -> None:
    folder.control.report("tables", position=3, head=9, error="the log was rewound")

    found = result_of("status", "--data", data)["projections"][0]

    assert found["error"] == "the log was rewound"
    assert found["reported_at"].startswith("20")
    assert "the log was rewound" in run("status", "--data", data).stdout


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_replay_all_and_rollback(data: Path, folder: Folder) -> None:
    replayed = result_of("replay", "all", "--verify", "--data", data)
    assert replayed["total"] == 0
    assert [(one["name"], one["generation"]) for one in replayed["replayed"]] == [
        ("tables", 2),
        ("search", 2),
    ]

    assert result_of("rollback", "tables", "--data", data)["generation"] == 1

    assert folder.control.projection("tables").live == 1
    assert "generation 2 is live" in run("rollback", "tables", "--data", data).stdout


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_rollback_without_an_earlier_generation(data: Path) -> None:
    result = run("rollback", "tables", "--data", data)

    assert result.exit_code == 1
    assert "tables has no earlier generation" in result.stderr


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_verify_names_a_row_changed_by_hand(data: Path, folder: Folder) -> None:
    assert "0 findings" in run("verify", "--data", data).stdout
    Tampering(folder).execute("UPDATE #applications SET name = 'Nobody' WHERE token = 'token2'")

    found = result_of("verify", "--data", data, code=1)
    text = run("verify", "--data", data)

    assert found["total"] == 1
    assert found["findings"][0]["place"] == "tables application token2"
    assert "Nobody" in found["findings"][0]["detail"]
    assert text.exit_code == 1
    assert text.stdout.startswith("tables application token2: is ")


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_recount(data: Path, folder: Folder) -> None:
    Tampering(folder).execute("UPDATE #applications SET chats_count = 99 WHERE token = 'token2'")

    [drift] = result_of("recount", "--data", data, code=1)["drifts"]
    assert (drift["thing"], drift["kept"]) == ("application token2 chats_count", 99)
    assert result_of("verify", "--fast", "--data", data, code=1)["total"] == 1

    assert run("recount", "--repair", "--data", data).exit_code == 0

    assert "0 drifted counters" in run("recount", "--data", data).stdout


def lines_of(*arguments: str | Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run("events", *arguments).stdout.splitlines()]


def test_events(data: Path) -> None:
    every = lines_of("--data", data)

    assert [one["position"] for one in every] == list(range(1, len(FACTS) + 1))
    assert every[0]["fact"] == {"token": "token1", "at": FACTS[0].at, "name": "Desk 1"}
    assert every[0]["topic"] == "ApplicationCreated.1"
    assert lines_of("--after", "100", "--data", data) == every[100:]
    chats = [one for one in every if one["stream"] == "chats/token1"]
    assert lines_of("--stream", "chats/token1", "--data", data) == chats
    assert lines_of("--stream", "chats/token1", "--after", "50", "--data", data) == [
        one for one in chats if one["position"] > 50
    ]


def test_x31_events_can_not_steer_a_terminal(folder: Folder) -> None:
    name = "\x1b[2J\x9b2J\u202eevil🍣"
    fact = busy_history(0)[0]
    append(folder.log, type(fact)(token="t", at=fact.at, name=name))  # type: ignore[call-arg]

    line = run("events", "--data", folder.path).stdout

    assert json.loads(line)["fact"]["name"] == name
    assert not {"\x1b", "\x9b", "\u202e"} & {*line}
    assert "🍣" in line
