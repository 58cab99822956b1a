"""Where the log is: the URL, its plain spelling, files of secrets, and what is refused."""

from pathlib import Path

import pytest

from eventstore.settings import WrongSetting, log_url

DATA = Path("/data")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOST", "PORT", "USER", "PASSWORD", "PASSWORD_FILE", "DATABASE"):
        monkeypatch.delenv(f"MYSQL_{name}", raising=False)
    monkeypatch.delenv("PARLEY_LOG_URL", raising=False)


def test_by_default_it_lies_in_the_data_folder() -> None:
    assert log_url(DATA) == "sqlite:////data/log.db"


def test_the_url_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYSQL_HOST", "elsewhere")
    monkeypatch.setenv("PARLEY_LOG_URL", "mysql://ann:pw@db/parley")
    assert log_url(DATA) == "mysql://ann:pw@db/parley"


def test_the_plain_spelling(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MYSQL_HOST", "db")
    assert log_url(DATA) == "mysql://parley:@db:3306/parley"
    secret = tmp_path / "password"
    secret.write_text("p@ss/word\n")
    monkeypatch.setenv("MYSQL_PASSWORD_FILE", str(secret))
    monkeypatch.setenv("MYSQL_PORT", "3307")
    monkeypatch.setenv("MYSQL_USER", "ann")
    monkeypatch.setenv("MYSQL_DATABASE", "chat")
    monkeypatch.setenv("MYSQL_HOST", "::1")
    assert log_url(DATA) == "mysql://ann:p%40ss%2Fword@[::1]:3307/chat"


@pytest.mark.parametrize("url", ["postgres://ann:secret@db/parley", "mysql://ann:secret@db", "log.db"])
def test_what_is_refused_is_named_with_what_is_allowed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_LOG_URL", url)
    with pytest.raises(
        WrongSetting, match=r"PARLEY_LOG_URL.*mysql://user:password@host:3306/database"
    ) as caught:
        log_url(DATA)
    assert "secret" not in str(caught.value)
