"""The example of docs/bus.md runs."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from eventstore.rabbitmq_topology import EXCHANGE, MOST_BYTES, MOST_MESSAGES, UNUSED_DAYS
from tests.architecture.checkout import ROOT
from tests.support.broker import channel, connected_bus, event, new_name
from tests.support.shared_server import shared_server

DOCUMENT = (ROOT / "docs" / "bus.md").read_text(encoding="utf-8")
[EXAMPLE] = re.findall(r"^```python\n(.+?)^```", DOCUMENT, re.DOTALL | re.MULTILINE)
QUEUE = "archive"


@pytest.fixture
def url() -> Iterator[str]:
    """The broker, with the example's queue already there, and empty."""
    url = shared_server("rabbitmq").url()
    with channel(url) as own:
        own.exchange_declare(EXCHANGE, "fanout", durable=True, auto_delete=False)
        arguments = {"x-queue-type": "quorum", "x-max-length": 1_000_000}
        own.queue_delete(QUEUE)
        own.queue_declare(QUEUE, durable=True, auto_delete=False, arguments=arguments)
        own.queue_bind(QUEUE, EXCHANGE)
    yield url
    with channel(url) as own:
        own.queue_delete(QUEUE)


def test_a_consumer(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    with connected_bus(url, new_name()) as bus:
        bus.publish(41, [event(1), event(2, "Good night!")], 1)
        names: dict[str, Any] = {"url": url}
        exec(compile(EXAMPLE, "docs/bus.md", "exec"), names)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" ", 3)[:3] for line in lines] == [
        [str(40 + number), "messages/t/1", "MessageCreated.1"] for number in (1, 2)
    ]
    assert [json.loads(line.split(" ", 3)[3])["body"] for line in lines] == ["Good morning!", "Good night!"]


def test_the_limits_are_what_is_declared() -> None:
    row = (
        f"{MOST_MESSAGES:,} messages or {MOST_BYTES >> 20} MiB, the oldest go first; single active consumer; "
    )
    assert row + f"removed after {UNUSED_DAYS} days without one" in DOCUMENT
