"""`parley key`, beside a process that appends to the same log."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from commands.admission import Caller, admit
from commands.domain.keyring import NO_KEYS, Keyring, evolve
from commands.domain.refusals import Unauthenticated
from commands.keyrings import read_all
from eventstore import streams
from eventstore.events import ApplicationCreated, ApplicationDeleted
from eventstore.log import Log
from eventstore.open import open_log
from tests.support.facts import append, at
from tests.support.logs import ENGINES, new_log_url
from tests.support.program import program

T = "t" * 43


@pytest.fixture(params=ENGINES)
def log(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    with new_log_url(request.param, tmp_path) as url, closing(open_log(url)) as log:
        monkeypatch.setenv("PARLEY_LOG_URL", url)
        append(log, ApplicationCreated(token=T, at=at(0), name="Desk"))
        yield log


def run(*arguments: str) -> Result:
    return CliRunner().invoke(program, ["key", *arguments])


def told(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def keyring(log: Log) -> Keyring:
    ring = NO_KEYS
    for fact in read_all(log, streams.keys(T)):
        ring = evolve(ring, fact)
    return ring


def test_keys_are_made_listed_and_revoked(log: Log) -> None:
    assert "none is needed" in run("list", T).stdout
    assert told("list", T) == {"needed": False, "keys": []}
    text = run("add", T).stdout.strip()
    admit(Caller(credential=text), T, keyring(log))
    second = told("add", T, "--scope", "read")
    listed = told("list", T)
    assert [one["scope"] for one in listed["keys"]] == ["write", "read"]
    assert listed["keys"][1] == {name: second[name] for name in ("id", "scope", "created_at")}
    assert text not in json.dumps(listed)
    assert f"{second['id']}  read  {second['created_at']}\n" in run("list", T).stdout
    for one in listed["keys"]:
        assert one["id"] in run("revoke", T, one["id"]).stdout
    with pytest.raises(Unauthenticated):
        admit(Caller(credential=text), T, keyring(log))
    assert told("list", T) == {"needed": True, "keys": []}
    assert "only the admin key" in run("list", T).stdout


def test_what_is_not_there_is_said(log: Log) -> None:
    head = log.head()
    for arguments, said in [
        (("add", "o" * 43), "no such application"),
        (("list", "o" * 43), "no such application"),
        (("revoke", T, "0" * 16), "no such key"),
    ]:
        result = run(*arguments)
        assert (result.exit_code, log.head()) == (1, head)
        assert said in result.stderr
    append(log, ApplicationDeleted(token=T, at=at(1)))
    for arguments in (("add", T), ("list", T), ("revoke", T, "0" * 16)):
        assert "no such application" in run(*arguments).stderr
    assert run("add", T, "--scope", "admin").exit_code == 2


def test_without_a_log_there_is_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PARLEY_LOG_URL", raising=False)
    result = run("list", T, "--data", str(tmp_path / "nowhere"))
    assert result.exit_code == 1
    assert "--data or PARLEY_DATA" in result.stderr


@pytest.mark.parametrize("command", ["add", "list", "revoke"])
def test_help_shows_settings_and_an_example(command: str) -> None:
    said = run(command, "--help").stdout
    assert "PARLEY_DATA" in said
    assert f"Example: parley key {command}" in said
