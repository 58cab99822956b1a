"""Where the read tables and the search index are: URLs, their plain spelling, and what is refused."""

from pathlib import Path

import pytest

from eventstore.settings import WrongSetting
from projections.settings import projection_settings, search_url

DATA = Path("/data")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PARLEY_LOG_URL", "PARLEY_READ_URL", "PARLEY_SEARCH_URL", "ES_HOST", "MYSQL_HOST"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)


def test_by_default_it_is_beside_the_read_tables() -> None:
    assert search_url(DATA, "sqlite:////elsewhere") == "sqlite:////elsewhere"
    assert search_url(DATA, "mysql://ann:pw@db/parley") == "sqlite:////data"
    assert projection_settings("/data").search_url == "sqlite:////data"


def test_the_url_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ES_HOST", "elsewhere")
    assert search_url(DATA, "sqlite:////data") == "http://elsewhere"
    monkeypatch.setenv("PARLEY_SEARCH_URL", "https://ann:pw@search:9243/chat?shards=3")
    assert search_url(DATA, "sqlite:////data") == "https://ann:pw@search:9243/chat?shards=3"


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("search", "http://search"),
        ("search:9201", "http://search:9201"),
        ("::1", "http://[::1]"),
        ("https://search:9243", "https://search:9243"),
        ("", "sqlite:////data"),
    ],
)
def test_the_plain_spelling(host: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ES_HOST", host)
    assert search_url(DATA, "sqlite:////data") == url


@pytest.mark.parametrize(
    "url", ["opensearch://ann:secret@db/parley", "http://ann:secret@db/A_B", "http://ann:secret@db/?shards=x"]
)
def test_what_is_refused_is_named_with_what_is_allowed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_SEARCH_URL", url)
    with pytest.raises(WrongSetting, match=r"PARLEY_SEARCH_URL.*http\(s\)://") as caught:
        search_url(DATA, "sqlite:////data")
    assert "secret" not in str(caught.value)


def test_the_read_tables_are_where_the_log_is_unless_their_url_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PARLEY_LOG_URL", "sqlite:////elsewhere/log.db")
    assert projection_settings("/data").read_url == "sqlite:////data"
    monkeypatch.setenv("PARLEY_LOG_URL", "mysql://ann:pw@db/parley")
    assert projection_settings("/data").read_url == "mysql://ann:pw@db/parley"
    assert projection_settings("/data").search_url == "sqlite:////data"
    monkeypatch.setenv("PARLEY_READ_URL", "sqlite:////reads")
    assert projection_settings("/data").read_url == "sqlite:////reads"
    assert projection_settings("/data").search_url == "sqlite:////reads"
    monkeypatch.setenv("PARLEY_READ_URL", "mysql://ann:pw@other/reads")
    assert projection_settings("/data").read_url == "mysql://ann:pw@other/reads"
    assert projection_settings("/data").search_url == "sqlite:////data"


def test_the_plain_spelling_of_the_log_is_the_read_tables_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYSQL_HOST", "db")
    assert projection_settings("/data").read_url == "mysql://parley:@db:3306/parley"


@pytest.mark.parametrize("url", ["redis://ann:secret@db/0", "mysql://ann:secret@db"])
def test_a_wrong_place_of_the_read_tables_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_READ_URL", url)
    with pytest.raises(WrongSetting, match=r"PARLEY_READ_URL.*mysql://") as caught:
        projection_settings("/data")
    assert "secret" not in str(caught.value)
