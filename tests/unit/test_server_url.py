"""URLs of servers: what is taken from them, and what is refused without showing a password."""

from pathlib import Path

import pytest

from engines.server_url import ServerUrl, masked, parse_mysql


def test_all_parts() -> None:
    assert parse_mysql("mysql://ann:p%40ss%2F@db.example:3307/parley?ssl-mode=required") == ServerUrl(
        "db.example", 3307, "ann", "p@ss/", "parley", {"ssl-mode": "required"}
    )


def test_what_may_be_left_out() -> None:
    assert parse_mysql("mysql://ann@[::1]/parley") == ServerUrl("::1", 3306, "ann", "", "parley", {})


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://ann:secret@db", "a host, a user and a database are needed"),
        ("mysql://db/parley", "a host, a user and a database are needed"),
        ("mysql://ann:secret@db/parley/x", "a host, a user and a database are needed"),
        ("mysql://ann:sec#ret@db/parley", "no URL"),
        ("mysql://ann:sec/ret@db/parley", "no URL"),
        ("mysql://ann:secret@db:port/parley", "no URL"),
        ("mysql://ann:secret@db/parley?x=1", "the option 'x' is not known"),
        ("mysql://ann:secret@db/parley?ssl-mode=maybe", "ssl-mode is 'maybe'"),
        ("mysql://ann:secret@db/parley?ssl-mode=preferred&ssl-ca=a", "ssl-ca would have no effect"),
        ("mysql://ann:secret@db/parley?ssl-mode=required&ssl-cert=a", "belong together"),
        ("mysql://ann:secret@db/parley?ssl-ca=missing.pem", "the certificates can't be read"),
    ],
)
def test_what_is_refused(url: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=says) as caught:
        parse_mysql(url)
    assert "sec" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("mysql://ann:secret@db/parley", "mysql://ann:***@db/parley"),
        ("mysql://ann:se@cr@et@db/parley", "mysql://ann:***@db/parley"),
        ("mysql://ann@db/parley", "mysql://ann@db/parley"),
        ("sqlite:////data/log.db", "sqlite:////data/log.db"),
    ],
)
def test_a_password_is_masked(url: str, shown: str) -> None:
    assert masked(url) == shown
