"""How a server answers the questions of readers: by an index, and from no more rows than a page has."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from engines.mysql_connection import connect
from projections.readmodel.changes import Change, PutApplication, PutChat, PutKey, PutMessage
from projections.readmodel.mysql_live import MySQLLive, Told
from projections.readmodel.mysql_questions import Questions
from projections.readmodel.mysql_session import MySQLSession, Rows
from projections.readmodel.mysql_tables_view import MySQLTablesView
from projections.readmodel.views import Page, RecentKey
from tests.support.read_engines import READ_ENGINES, follow

AT = "2026-01-01T00:00:00.000000Z"
CHATS, MESSAGES = 300, 3_000
LIMIT = 51
DEEP = 250
SPARE = 12
"""Rows that are read besides those of the page: the projection, the owners, one behind the page."""

Ask = Callable[[MySQLTablesView], object]

QUESTIONS: dict[str, Ask] = {
    "keys": lambda view: view.keys("b", None, LIMIT),
    "application": lambda view: view.application("b"),
    "applications": lambda view: view.applications(1, LIMIT),
    "chat": lambda view: view.chat("b", 7),
    "chats": lambda view: view.chats("b", Page(LIMIT)),
    "chats, deep": lambda view: view.chats("b", Page(LIMIT, after=DEEP)),
    "chats, backwards": lambda view: view.chats("b", Page(LIMIT, before=DEEP, descending=True)),
    "recent chats": lambda view: view.recent_chats("b", None, LIMIT),
    "recent chats, deep": lambda view: view.recent_chats("b", RecentKey(at(40), 40), LIMIT),
    "silent chats, deep": lambda view: view.recent_chats("b", RecentKey("", DEEP), LIMIT),
    "message": lambda view: view.message("b", 1, 7),
    "messages": lambda view: view.messages("b", 1, Page(LIMIT)),
    "messages, deep": lambda view: view.messages("b", 1, Page(LIMIT, after=MESSAGES - LIMIT - 9)),
    "messages, backwards": lambda view: view.messages("b", 1, Page(LIMIT, before=DEEP, descending=True)),
    "history": lambda view: view.history("b", 1, 1, Page(LIMIT)),
    "history, deep": lambda view: view.history("b", 1, 1, Page(LIMIT, after=DEEP)),
}


def at(second: int) -> str:
    return f"2026-01-01T00:{second // 60:02}:{second % 60:02}.000000Z"


def history() -> list[Change]:
    """In the second of three applications: a long chat, many others, most of them silent, a message with edits."""
    facts: list[Change] = [PutApplication(token, "Desk", AT, AT) for token in "abc"]
    facts += [PutChat(token, number, None, AT, AT) for token in "abc" for number in range(1, CHATS + 1)]
    facts += [PutKey(token, "1f" * 8, "read", bytes(32), AT) for token in "abc"]
    facts += [PutMessage("b", 1, n, 1, "hello", None, at(0), AT, n) for n in range(1, MESSAGES + 1)]
    facts += [PutMessage("b", n, 1, 1, "hello", None, at(n), AT, n) for n in range(2, 100)]
    facts += [PutMessage("b", 1, 1, n, "hello", None, AT, AT, n) for n in range(2, CHATS + 1)]
    return facts


class Explaining(Questions):
    """Answers, and keeps the statements and how many rows were read for them."""

    def __init__(self, session: MySQLSession) -> None:
        self._session = session
        super().__init__(MySQLLive(session, "tables"))
        self.statements: list[str] = []
        self.rows_read = 0

    @property
    def position(self) -> int:
        """Nobody needs to know."""
        return 0

    def _ask(self, statement: str, told: Told) -> Rows:
        # Once before that, for the first look finds which generation is live.
        self._live.ask(statement, told)
        before = self._rows_read()
        rows, _ = self._live.ask(statement, told)
        self.rows_read += self._rows_read() - before
        self.statements.append(statement.replace("#", "1"))
        return rows

    def _rows_read(self) -> int:
        found = self._session.rows("SHOW SESSION STATUS LIKE 'Handler_read%'")
        return sum(int(value) for _, value in found)


@pytest.fixture(params=["mariadb", pytest.param("mysql", marks=pytest.mark.long)], scope="module")
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    with READ_ENGINES[request.param]() as engine:
        follow(engine.live("tables"), history())
        # As a server does by itself after a while.
        with closing(connect(engine.url)) as db, db.cursor() as cursor:
            for table in ("applications", "chats", "messages", "history"):
                cursor.execute(f"ANALYZE TABLE {table}_g1")
        yield engine.url


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_page_is_one_statement_that_reads_its_rows_by_an_index_and_no_others(url: str, name: str) -> None:
    with closing(MySQLSession(url)) as session:
        asking = Explaining(session)
        answer = QUESTIONS[name](MySQLTablesView(asking))
    assert answer
    [statement] = asking.statements
    assert asking.rows_read <= (len(answer) if isinstance(answer, list) else 1) + SPARE
    for step in plan(url, statement):
        if step["table"] and not step["table"].startswith("<union"):
            assert step["type"] in ("const", "eq_ref", "ref", "range"), step
            assert step["key"], step
            assert not re.search("filesort|temporary", step["extra"] or ""), step


def plan(url: str, statement: str) -> list[dict[str, Any]]:
    """The steps of a statement, by the names of EXPLAIN's columns in small letters."""
    with closing(connect(url)) as db, db.cursor() as cursor:
        cursor.execute(f"EXPLAIN FORMAT = TRADITIONAL {statement}")
        names = [column[0].lower() for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
