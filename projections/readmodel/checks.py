"""What `parley doctor` asks of the places of the read models."""

from pathlib import Path

from engines.finding import Finding
from engines.sqlite_checks import sqlite_findings


def tables_findings(place: str, url: str, seconds: float) -> list[Finding]:
    """Raises what the driver raises."""
    if url.startswith("mysql:"):
        from engines.mysql_checks import mysql_findings

        return mysql_findings(place, url, seconds, durable=False)
    return _files(place, url)


def search_findings(place: str, url: str, seconds: float, generation: int | None) -> list[Finding]:
    """`generation` is the live one, None if there is none yet. Raises ReadModelUnavailable."""
    if not url.startswith(("http:", "https:")):
        return _files(place, url)
    from projections.readmodel.opensearch_checks import opensearch_findings

    return opensearch_findings(place, url, seconds, generation)


def words_findings(place: str, url: str, seconds: float) -> list[Finding]:
    """Raises ReadModelUnavailable."""
    if not url.startswith("redis:"):
        return []
    from projections.readmodel.redis_checks import redis_findings

    return redis_findings(place, url, seconds)


def _files(place: str, url: str) -> list[Finding]:
    folder = Path(url.removeprefix("sqlite:///"))
    return [
        finding
        for path in sorted(folder.glob("*.db"))
        for finding in sqlite_findings(place, path, durable=False)
    ]
