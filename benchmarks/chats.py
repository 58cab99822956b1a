"""The chats that are posted to."""

from collections.abc import Iterator
from contextlib import closing

from benchmarks import naive
from benchmarks.fill import append
from engines.mysql_connection import connect
from eventstore.clock import rfc3339, system_clock
from eventstore.events import ApplicationCreated, ChatCreated, Fact
from eventstore.open import migrate_log


def make_chats(url: str, applications: int, each: int) -> list[str]:
    """The paths of the messages of some new chats, in a log made for them and in the naive tables beside it."""
    migrate_log(url)
    tokens = [f"{place:A>43}" for place in range(applications)]
    append(url, _facts(tokens, each))
    with closing(connect(url)) as connection, connection.cursor() as cursor:
        for statement in (*naive.SCHEMA, naive.COPY):
            cursor.execute(statement)
    return [
        f"/applications/{token}/chats/{number}/messages" for token in tokens for number in range(1, each + 1)
    ]


def _facts(tokens: list[str], each: int) -> Iterator[Fact]:
    at = rfc3339(system_clock())
    for token in tokens:
        yield ApplicationCreated(token=token, at=at, name="bench")
        for number in range(1, each + 1):
            yield ChatCreated(token=token, at=at, number=number, title=None)
