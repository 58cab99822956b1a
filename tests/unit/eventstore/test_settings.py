"""Where log, bus and Redis are: the URL, its plain spelling, files of secrets, and what is refused."""

from pathlib import Path

import pytest

from eventstore.settings import WrongSetting, bus_url, log_url
from projections.settings import redis_url

DATA = Path("/data")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOST", "PORT", "USER", "PASSWORD", "PASSWORD_FILE", "DATABASE", "VHOST"):
        for server in ("MYSQL", "RABBITMQ", "REDIS"):
            monkeypatch.delenv(f"{server}_{name}", raising=False)
    for name in ("LOG", "BUS", "REDIS"):
        monkeypatch.delenv(f"PARLEY_{name}_URL", raising=False)


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


def test_by_default_bus_and_words_stay_in_the_process() -> None:
    assert (bus_url(), redis_url()) == ("memory://", "memory://")


def test_the_plain_spelling_of_rabbitmq(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("p@ss/word\n")
    monkeypatch.setenv("RABBITMQ_HOST", "mq")
    monkeypatch.setenv("RABBITMQ_PASSWORD_FILE", str(secret))
    assert bus_url() == "amqp://parley:p%40ss%2Fword@mq:5672/%2F"
    monkeypatch.setenv("RABBITMQ_PORT", "5673")
    monkeypatch.setenv("RABBITMQ_USER", "ann")
    monkeypatch.setenv("RABBITMQ_VHOST", "chat")
    monkeypatch.setenv("RABBITMQ_HOST", "::1")
    assert bus_url() == "amqp://ann:p%40ss%2Fword@[::1]:5673/chat"
    monkeypatch.setenv("PARLEY_BUS_URL", "memory://")
    assert bus_url() == "memory://"


def test_the_plain_spelling_of_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_HOST", "cache")
    assert redis_url() == "redis://cache:6379/0"
    monkeypatch.setenv("REDIS_PASSWORD", "p@ss")
    monkeypatch.setenv("REDIS_PORT", "6380")
    assert redis_url() == "redis://:p%40ss@cache:6380/0"
    monkeypatch.setenv("PARLEY_REDIS_URL", "redis://ann:pw@other/3")
    assert redis_url() == "redis://ann:pw@other/3"


@pytest.mark.parametrize(
    "url",
    [
        "amqps://ann:secret@mq//",
        "amqp://mq//",
        "amqp://ann@mq//",
        "amqp://ann:secret@mq:port//",
        "amqp://ann:secret@mq//?heartbeat=0",
        "redis://cache",
        "memory",
    ],
)
def test_a_bus_that_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_BUS_URL", url)
    with pytest.raises(
        WrongSetting, match=r"PARLEY_BUS_URL.*memory:// or amqp://user:password@host"
    ) as caught:
        bus_url()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["rediss://:secret@cache", "redis://:secret@cache/x", "redis://", "redis://:secret@cache?db=1", "cache"],
)
def test_a_redis_that_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_REDIS_URL", url)
    with pytest.raises(
        WrongSetting, match=r"PARLEY_REDIS_URL.*memory:// or redis://:password@host"
    ) as caught:
        redis_url()
    assert "secret" not in str(caught.value)
