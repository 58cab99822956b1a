"""What is told of messages that drivers and servers make (X33)."""

from pathlib import Path

import pytest

from parley.outside import Outside
from parley.settings import Places
from web.health import Health

PLACES = Places(
    data=Path("/var/lib/some/data"),
    log_url="mysql://ann:pass%2Fword@db.internal:3307/parley",
    read_url="mysql://ann:reading@reads/parley",
    search_url="https://ann:searching@search.internal:9200/parley",
    bus_url="amqp://ann:queueing@[fd00::5]:5672/v",
    redis_url="redis://:caching@10.1.2.3:6379/0",
)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("the log's server db.internal:3307/parley: gone", "the log's server …: gone"),
        ("no connection to db.internal:3307 (timed out)", "no connection to … (timed out)"),
        (
            "Access denied for user 'ann'@'10.0.0.5' (using password: YES)",
            "Access denied for user … (using password: YES)",
        ),
        (
            "HTTPSConnection(host='search.internal', port=9200): refused",
            "HTTPSConnection(host='…', port=9200): refused",
        ),
        ("Error 111 connecting to 10.1.2.3:6379. Refused.", "Error 111 connecting to …. Refused."),
        ("[Errno 111] connecting to [fd00::5]:5672", "[Errno 111] connecting to …"),
        ("the other end is at 192.168.7.1:55", "the other end is at …"),
        ("pass/word, searching, queueing, reading", "…, …, …, …"),
        ("can't open /var/lib/some/data/log.db: full", "can't open …: full"),
        (
            "the tables follow another log; run `parley replay tables`",
            "the tables follow another log; run `parley replay tables`",
        ),
        ("position 7 is missing though the log has more", "position 7 is missing though the log has more"),
    ],
)
def test_a_message(said: str, told: str) -> None:
    health = Outside(PLACES)(Health(False, {"a": {"error": said}}, {"b": [said, 1, None]}))
    assert health == Health(False, {"a": {"error": told}}, {"b": [told, 1, None]})
