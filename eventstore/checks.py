"""What `parley doctor` asks of the log and the bus."""

from collections.abc import Sequence

from engines.finding import Finding
from engines.sqlite_checks import sqlite_findings
from eventstore.open import sqlite_path


def log_findings(place: str, url: str, seconds: float) -> list[Finding]:
    """Raises what the driver raises."""
    if url.startswith("mysql:"):
        from engines.mysql_checks import mysql_findings

        return mysql_findings(place, url, seconds, durable=True)
    return sqlite_findings(place, sqlite_path(url), durable=True)


def bus_findings(place: str, url: str, names: Sequence[str]) -> list[Finding]:
    """`names` are the followers'. Raises BusUnavailable."""
    if not url.startswith("amqp:"):
        return []
    from eventstore.rabbitmq_checks import rabbitmq_findings

    return rabbitmq_findings(place, url, names)
