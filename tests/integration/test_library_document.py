"""The examples of docs/library.md run, on SQLite and on MariaDB."""

import re
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from eventstore.events import ApplicationCreated, ChatCreated, MessageCreated
from eventstore.library import LibraryFactory
from eventstore.open import open_log
from tests.architecture.checkout import ROOT
from tests.support.facts import append, at
from tests.support.library_suites import ENGINES as DATABASES
from tests.support.logs import ENGINES, new_log_url

FACTS = (
    ApplicationCreated(token="token", at=at(0), name="Corner shop"),
    ChatCreated(token="token", at=at(0), number=1, title=None),
    MessageCreated(token="token", at=at(1), chat=1, number=1, body="Good morning!", sender="Ann"),
)
DOCUMENT = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
EXAMPLES = dict(
    re.findall(r"^## ([^\n]+)\n(?:(?!^## ).)*?^```python\n(.+?)^```", DOCUMENT, re.DOTALL | re.MULTILINE)
)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    assert isinstance(request.param, str)
    return request.param


@pytest.fixture
def url(engine: str) -> Iterator[str]:
    with DATABASES[engine]() as url:
        yield url


def run(title: str, monkeypatch: pytest.MonkeyPatch, **names: str) -> None:
    """Run an example as a module: the library finds classes of events by their module's name."""
    module = ModuleType("example")
    vars(module).update(names)
    monkeypatch.setitem(sys.modules, "example", module)
    monkeypatch.setattr("eventsourcing.utils._topic_cache", {})
    monkeypatch.setattr("eventsourcing.utils._type_cache", {})
    exec(compile(EXAMPLES[title], f"docs/library.md: {title}", "exec"), vars(module))


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_all_examples_are_known() -> None:
    assert DOCUMENT.count("```python") == len(EXAMPLES)
    assert EXAMPLES.keys() == {
        "An application",
        "Strings as originator ids",
        "Views of projections",
        "Parley's own facts",
    }


def test_an_application(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("An application", monkeypatch, url=url)
    assert printed(capsys) == ["2 ['answers to Fido', 'roll over']"]


def test_strings_as_ids(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("Strings as originator ids", monkeypatch, url=url)
    assert printed(capsys) == ["True"]


def test_a_view(url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run("Views of projections", monkeypatch, url=url)
    assert printed(capsys) == ["2"]


def test_parleys_facts(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with new_log_url(engine, tmp_path) as log_url:
        with closing(open_log(log_url)) as log:
            append(log, *FACTS)
        run("Parley's own facts", monkeypatch, log_url=log_url)
    assert printed(capsys) == ["2 ChatCreated chats/token", "3 MessageCreated messages/token/1"]


def test_every_setting_is_documented() -> None:
    settings = [
        value for name, value in vars(LibraryFactory).items() if name.isupper() and isinstance(value, str)
    ]
    assert len(settings) == 3
    for setting in [
        *settings,
        "APPLICATION_RECORDER_TOPIC",
        "TRACKING_RECORDER_TOPIC",
        "PROCESS_RECORDER_TOPIC",
    ]:
        assert f"`{setting}`" in DOCUMENT, setting
