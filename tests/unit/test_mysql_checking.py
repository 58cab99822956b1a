"""How servers are asked for damage in their tables."""

from engines.mysql_server import checking


def test_mysql_is_asked_for_what_holds_nobody_up() -> None:
    assert checking("9.7.4", ["a", "b"]) == "CHECK TABLE a, b QUICK"
    assert checking("10.11.19-MariaDB-deb12-log", ["a", "b"]) == "CHECK TABLE a, b"
