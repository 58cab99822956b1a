"""The contract of the read tables, for every engine: what is written is what is read."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventstore.events import Fact
from projections.projectors import tables
from projections.readmodel import recount
from projections.readmodel.changes import (
    Change,
    DropApplication,
    DropChat,
    DropKey,
    DropMessage,
    PutApplication,
    PutChat,
    PutKey,
    PutMessage,
)
from projections.readmodel.errors import Fenced, Misfit
from projections.readmodel.keyring import Key, Keyring
from projections.readmodel.store import Checkpoint, Generation
from projections.readmodel.views import Page, RecentKey, TablesView
from tests.support.histories import busy_history, histories
from tests.support.read_engines import (
    READ_ENGINES,
    READ_PARAMS,
    ReadEngine,
    checkpoint,
    follow,
    follow_ahead,
    listed,
)

WHOLE = Page(100)
EARLY, LATE = "2026-01-01T00:00:00.000000Z", "2026-01-02T00:00:00.000000Z"


@pytest.fixture(params=READ_PARAMS)
def engine(request: pytest.FixtureRequest) -> Iterator[ReadEngine]:
    with READ_ENGINES[request.param]() as engine:
        yield engine


def application(token: str = "a", name: str = "Desk", at: str = EARLY) -> PutApplication:
    return PutApplication(token, name, EARLY, at)


def chat(number: int = 1, title: str | None = None, token: str = "a", at: str = EARLY) -> PutChat:
    return PutChat(token, number, title, EARLY, at)


def message(
    number: int, body: str = "hello", version: int = 1, chat: int = 1, token: str = "a"
) -> PutMessage:
    at = f"2026-01-01T00:00:{number:02}.000000Z"
    return PutMessage(token, chat, number, version, body, None, at, at if version == 1 else LATE, number)


def tell(engine: ReadEngine, *changes: Change) -> None:
    follow(engine.live("tables"), changes)


def told(engine: ReadEngine, *changes: Change) -> TablesView:
    """Only for single questions: each is asked of a snapshot of its own."""
    tell(engine, *changes)
    return _Asking(engine)


class _Asking:
    def __init__(self, engine: ReadEngine) -> None:
        self._engine = engine

    def __getattr__(self, question: str) -> Any:
        return lambda *arguments: self._engine.tables(lambda view: getattr(view, question)(*arguments))


def numbers(rows: Sequence[Any] | None) -> list[int]:
    assert rows is not None
    return [number for number, _ in rows]


def test_an_application_is_as_it_was_put_last(engine: ReadEngine) -> None:
    view = told(engine, application(), application(name="Ünï", at=LATE))
    assert (
        view.application("a")
        == (
            f'{{"token":"a","name":"Ünï","chats_count":0,"created_at":"{EARLY}","updated_at":"{LATE}"}}'
        ).encode()
    )
    assert view.application("b") is None


def test_a_chat_is_as_it_was_put_last(engine: ReadEngine) -> None:
    view = told(engine, application(), chat(title="old"), chat(title=None, at=LATE))
    assert (
        view.chat("a", 1)
        == (
            '{"number":1,"title":null,"messages_count":0,"last_message_at":null,'
            f'"created_at":"{EARLY}","updated_at":"{LATE}"}}'
        ).encode()
    )
    assert view.chat("a", 2) is None
    assert view.chat("b", 1) is None


def test_a_message_is_as_it_was_put_last(engine: ReadEngine) -> None:
    view = told(engine, application(), chat(), message(1, "first"), message(1, "“zweitens”", 2))
    found = view.message("a", 1, 1)
    assert found is not None
    assert found.version == 2
    assert (
        found.json
        == (
            '{"number":1,"body":"“zweitens”","sender":null,"version":2,'
            f'"created_at":"2026-01-01T00:00:01.000000Z","updated_at":"{LATE}"}}'
        ).encode()
    )
    assert view.message("a", 1, 2) is None
    assert view.message("a", 2, 1) is None
    assert view.message("b", 1, 1) is None


def test_history_has_every_version(engine: ReadEngine) -> None:
    view = told(engine, application(), chat(), *(message(1, f"v{n}", n) for n in range(1, 5)), message(2))
    history = view.history("a", 1, 1, WHOLE)
    assert numbers(history) == [1, 2, 3, 4]
    assert [json.loads(each) for _, each in history or []] == [
        {"version": n, "body": f"v{n}", "at": "2026-01-01T00:00:01.000000Z" if n == 1 else LATE}
        for n in range(1, 5)
    ]
    assert numbers(view.history("a", 1, 2, WHOLE)) == [1]
    assert view.history("a", 1, 3, WHOLE) is None


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (Page(2), [1, 2]),
        (Page(4), [1, 2, 3, 4]),
        (Page(3, after=1), [2, 3, 4]),
        (Page(2, after=1), [2, 3]),
        (Page(9, after=3), [4]),
        (Page(9, after=4), []),
        (Page(9, after=10**18 - 1), []),
        (Page(9, before=4), [1, 2, 3]),
        (Page(9, after=3, before=4), []),
    ],
)
def test_pages_of_a_history(engine: ReadEngine, page: Page, expected: list[int]) -> None:
    view = told(engine, application(), chat(), *(message(1, f"v{n}", n) for n in range(1, 5)))
    rows = view.history("a", 1, 1, page)
    assert numbers(rows) == expected
    assert [json.loads(each)["version"] for _, each in rows or []] == expected


def test_a_dropped_message_is_gone_with_its_history(engine: ReadEngine) -> None:
    view = told(
        engine, application(), chat(), message(1), message(2), message(1, "x", 2), DropMessage("a", 1, 1, 6)
    )
    assert view.message("a", 1, 1) is None
    assert view.history("a", 1, 1, WHOLE) is None
    assert numbers(view.messages("a", 1, Page(9))) == [2]


def test_counters_count_what_is_there(engine: ReadEngine) -> None:
    view = told(
        engine,
        application(),
        *(chat(n) for n in (1, 2, 3)),
        chat(2, "again"),
        *(message(n) for n in (1, 2, 3)),
        message(3, "edited", 2),
        DropMessage("a", 1, 3, 10),
        DropChat("a", 2),
    )
    assert json.loads(view.application("a") or b"")["chats_count"] == 2
    found = json.loads(view.chat("a", 1) or b"")
    assert found["messages_count"] == 2
    assert found["last_message_at"] == "2026-01-01T00:00:03.000000Z", "the newest ever posted, gone or not"


def test_what_is_below_a_dropped_chat_is_gone_at_once(engine: ReadEngine) -> None:
    view = told(engine, application(), chat(1), chat(2), message(1), message(1, chat=2), DropChat("a", 1))
    assert view.chat("a", 1) is None
    assert view.message("a", 1, 1) is None
    assert view.messages("a", 1, Page(9)) is None
    assert view.history("a", 1, 1, WHOLE) is None
    assert numbers(view.chats("a", Page(9))) == [2]
    assert view.message("a", 2, 1) is not None


def test_what_is_below_a_dropped_application_is_gone_at_once(engine: ReadEngine) -> None:
    view = told(engine, application("b"), application(), chat(), message(1), DropApplication("a"))
    assert view.application("a") is None
    assert view.chat("a", 1) is None
    assert view.chats("a", Page(9)) is None
    assert view.recent_chats("a", None, 9) is None
    assert view.message("a", 1, 1) is None
    assert view.messages("a", 1, Page(9)) is None
    assert [json.loads(row)["token"] for _, row in view.applications(0, 9)] == ["b"]


def test_nothing_new_is_found_below_what_was_dropped(engine: ReadEngine) -> None:
    tell(engine, application(), chat(), message(1), DropChat("a", 1), DropApplication("a"))
    view = told(engine, application("b"), chat(token="b"))
    assert view.messages("b", 1, Page(9)) == []


def test_purge_removes_what_is_below_and_nothing_else(engine: ReadEngine) -> None:
    tell(engine, application(), chat(1), chat(2), *(message(n) for n in range(1, 31)), message(1, "e", 2))
    tell(engine, application("b"), *(chat(n, token="b") for n in (1, 2)), message(1, chat=2, token="b"))
    tell(engine, message(1, chat=2), DropChat("a", 1), DropApplication("b"))
    generation = engine.live("tables")
    before = listed(generation)
    removed = []
    while found := generation.purge(10):
        removed.append(found)
    assert max(removed) <= 10
    assert sum(removed) >= 32
    assert listed(generation) == before
    assert generation.purge(10) == 0
    tell(engine, chat(3), message(1, chat=3))
    assert numbers(_Asking(engine).chats("a", Page(9))) == [2, 3]


def test_a_purge_counts_owners_without_rows(engine: ReadEngine) -> None:
    """A transaction is as long as what it does, not as what it removes."""
    chats = range(1, 31)
    tell(engine, *(application(token) for token in "abc"), *(chat(n) for n in chats))
    tell(engine, *(chat(n, token="b") for n in chats), *(DropChat("b", n) for n in chats))
    tell(engine, DropApplication("a"))
    generation = engine.live("tables")
    removed = []
    while found := generation.purge(7):
        removed.append(found)
    assert max(removed) <= 7
    assert sum(removed) >= 2 * len(chats)
    assert generation.purge(7) == 0


@pytest.mark.parametrize("counter", ["chats_count", "messages_count"])
def test_recount_finds_and_repairs_a_drift(engine: ReadEngine, counter: str) -> None:
    tell(engine, application(), chat(1), message(1), message(2))
    generation = engine.live("tables")
    before = listed(generation)
    assert generation.recount(repair=True) == []
    engine.spoil(counter, 5)
    (drift,) = generation.recount(repair=False)
    assert drift.thing == (
        "application a chats_count" if counter == "chats_count" else "chat a/1 messages_count"
    )
    assert drift.kept == drift.counted + 5
    assert listed(generation) != before
    assert generation.recount(repair=True) == [drift]
    assert listed(generation) == before
    assert generation.recount(repair=True) == []


def test_a_recount_that_is_told_to_stop_stops(engine: ReadEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recount, "MOST_ROWS", 4)
    tell(engine, application(), *(chat(n) for n in range(1, 21)))
    engine.spoil("messages_count", 1)
    generation = engine.live("tables")
    pauses = iter([False, False, True])
    assert len(generation.recount(repair=True, pause=lambda: next(pauses))) == 8
    assert len(generation.recount(repair=True)) == 12


def test_a_batch_is_applied_once(engine: ReadEngine) -> None:
    generation = engine.live("tables")
    batch: list[Change] = [application(), chat(), message(1)]
    generation.apply(batch, Checkpoint(), checkpoint(3))
    before = listed(generation)
    with pytest.raises(Fenced):
        generation.apply(batch, Checkpoint(), checkpoint(3))
    assert generation.checkpoint() == checkpoint(3)
    assert listed(generation) == before


@pytest.mark.parametrize(
    "wrong",
    [
        chat(token="zz"),
        message(1, chat=9),
        message(9, version=2),
        message(1),
        DropChat("a", 9),
        PutKey("zz", "1", "read", b"1" * 32, EARLY),
        DropKey("a", "1"),
    ],
)
def test_a_change_that_does_not_fit_changes_nothing(engine: ReadEngine, wrong: Change) -> None:
    generation = engine.live("tables")
    follow(generation, [application(), chat(), message(1)])
    before = listed(generation)
    with pytest.raises(Misfit):
        follow(generation, [chat(2), message(1, chat=2), wrong])
    assert generation.checkpoint() == checkpoint(3)
    assert listed(generation) == before
    follow(generation, [chat(2), message(1, chat=2)])
    assert numbers(_Asking(engine).messages("a", 2, Page(9))) == [1]


PAGES = [
    (Page(3), [1, 2, 3]),
    (Page(3, after=2), [3, 5, 6]),
    (Page(9, after=3, before=7), [5, 6]),
    (Page(2, before=7, descending=True), [6, 5]),
    (Page(9, after=3, descending=True), [7, 6, 5]),
    (Page(9, after=10**18, before=10**18), []),
    (Page(9, after=7), []),
    (Page(9, before=1), []),
]


@pytest.mark.parametrize(("page", "expected"), PAGES)
def test_pages_of_messages_and_chats(engine: ReadEngine, page: Page, expected: list[int]) -> None:
    tell(engine, application(), *(chat(n) for n in range(1, 8)), *(message(n) for n in range(1, 8)))
    view = told(engine, DropMessage("a", 1, 4, 9), DropChat("a", 4))
    rows = view.messages("a", 1, page)
    assert numbers(rows) == expected
    assert [json.loads(row)["number"] for _, row in rows or []] == expected
    assert numbers(view.chats("a", page)) == expected


def key(identity: str, scope: str = "read", token: str = "a", at: str = EARLY) -> PutKey:
    return PutKey(token, identity, scope, identity.encode() * 32, at)


class Refused(Exception):
    """What a caller is told who is not admitted."""


def refused(_keys: Keyring, _position: int) -> None:
    """Admits nobody."""
    raise Refused


QUESTIONS: dict[str, Callable[[TablesView], object]] = {
    "application": lambda view: view.application("a"),
    "keys": lambda view: view.keys("a", None, 9),
    "chat": lambda view: view.chat("a", 1),
    "no chat": lambda view: view.chat("a", 9),
    "chats": lambda view: view.chats("a", Page(9)),
    "no chats": lambda view: view.chats("a", Page(9, after=9)),
    "recent chats": lambda view: view.recent_chats("a", None, 9),
    "message": lambda view: view.message("a", 1, 1),
    "no message": lambda view: view.message("a", 1, 9),
    "a message of no chat": lambda view: view.message("a", 9, 1),
    "messages": lambda view: view.messages("a", 1, Page(9)),
    "no messages": lambda view: view.messages("a", 2, Page(9)),
    "messages of no chat": lambda view: view.messages("a", 9, Page(9)),
    "history": lambda view: view.history("a", 1, 1, Page(9)),
    "an edited message's history": lambda view: view.history("a", 1, 2, Page(9)),
    "no history": lambda view: view.history("a", 1, 9, Page(9)),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_brings_the_keyring(engine: ReadEngine, question: str) -> None:
    """From the first key on, be it revoked since; answered or not, it does not matter what is asked for."""
    ask = QUESTIONS[question]
    seen: list[tuple[Keyring, int]] = []

    def asked() -> object:
        return engine.tables(lambda view: ask(view.guarded(lambda keys, at: seen.append((keys, at)))))

    open_to_all = [
        application(),
        chat(),
        chat(2),
        message(1),
        message(2),
        message(2, "x", 2),
        application("b"),
    ]
    tell(engine, *open_to_all, key("1", token="b"))
    answer = engine.tables(ask)
    assert asked() == answer
    assert seen == []

    tell(engine, key("1"), key("2", "write"))
    keys = {"1": Key("read", b"1" * 32, EARLY), "2": Key("write", b"2" * 32, EARLY)}
    assert question == "keys" or asked() == answer
    assert question == "keys" or seen == [(keys, 10)]
    with pytest.raises(Refused):
        engine.tables(lambda view: ask(view.guarded(refused)))
    seen.clear()

    tell(engine, DropKey("a", "1"), DropKey("a", "2"))
    assert asked() == answer
    assert [(*each,) for each in seen[-1:]] == [({}, 12)]


def test_who_asks_for_no_application_needs_no_key(engine: ReadEngine) -> None:
    tell(engine, application(), key("1"), chat())
    assert engine.tables(lambda view: view.guarded(refused).application("b")) is None
    assert len(engine.tables(lambda view: view.guarded(refused).applications(0, 9))) == 1


def test_keys_come_oldest_first_without_their_hashes(engine: ReadEngine) -> None:
    view = told(engine, application(), key("3"), key("1", at=LATE), key("2", "write"), key("4", at=LATE))
    whole = view.keys("a", None, 9)
    assert whole is not None
    assert [row.id for row in whole] == ["2", "3", "1", "4"]
    assert whole[0].json == f'{{"id":"2","scope":"write","created_at":"{EARLY}"}}'.encode()
    tell(engine, DropKey("a", "3"))
    assert [row.id for row in view.keys("a", (EARLY, "3"), 1) or []] == ["1"]
    assert view.keys("b", None, 9) is None


def test_applications_come_in_creation_order_and_pages_are_stable(engine: ReadEngine) -> None:
    view = told(engine, *(application(token) for token in "dbca"))
    first = view.applications(0, 2)
    tell(engine, application("0"), application("d", "renamed", LATE), DropApplication("b"))
    second = view.applications(first[-1][0], 9)
    assert [json.loads(row)["token"] for _, row in [*first, *second]] == ["d", "b", "c", "a", "0"]


def test_recent_chats_come_newest_first_and_silent_ones_last(engine: ReadEngine) -> None:
    posts = [(3, 10), (1, 20), (5, 20), (2, 30)]
    tell(engine, application(), *(chat(n) for n in range(1, 8)))
    view = told(
        engine,
        *(PutMessage("a", n, 1, 1, "x", None, f"2026-01-01T00:00:{at}.000000Z", EARLY, 1) for n, at in posts),
    )
    whole = view.recent_chats("a", None, 99)
    assert whole is not None
    assert [row.key.number for row in whole] == [2, 1, 5, 3, 4, 6, 7]
    assert [json.loads(row.json)["number"] for row in whole] == [row.key.number for row in whole]
    for size in (1, 2, 3):
        walked: list[int] = []
        after: RecentKey | None = None
        while rows := view.recent_chats("a", after, size):
            walked += [row.key.number for row in rows]
            after = rows[-1].key
        assert walked == [2, 1, 5, 3, 4, 6, 7]


def changes_of(facts: Sequence[Fact]) -> list[Change]:
    return tables.fold(list(enumerate(facts, 1)))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=histories, cut=st.integers(1, 7))
def test_rows_do_not_depend_on_the_batches(engine: ReadEngine, facts: list[Fact], cut: int) -> None:
    changes = changes_of(facts)
    with new_generation(engine) as followed, new_generation(engine) as rebuilt:
        followed.finish()
        follow(followed, changes, cut)
        follow(rebuilt, changes)
        rebuilt.finish()
        rows = listed(rebuilt)
        assert listed(followed) == rows
        assert [key for key, _ in rows] == sorted(key for key, _ in rows)
        assert rebuilt.recount(repair=False) == []
        while rebuilt.purge(3):
            pass
        assert listed(rebuilt) == rows


def test_a_batch_may_begin_before_the_one_before_it_ends(engine: ReadEngine) -> None:
    changes = changes_of(busy_history())
    with new_generation(engine) as ahead, new_generation(engine) as followed:
        assert follow_ahead(ahead, changes, 20) == follow(followed, changes, 20)
        for generation in (ahead, followed):
            generation.finish()
        assert listed(ahead) == listed(followed)
        assert ahead.recount(repair=False) == []


@contextmanager
def new_generation(engine: ReadEngine) -> Iterator[Generation]:
    """An empty one that is removed again."""
    number = engine.control.start_building("tables", afresh=True)
    with closing(engine.control.generation("tables", number, must_be_live=False)) as generation:
        yield generation
    engine.control.start_building("tables", afresh=True)
    engine.control.drop_old("tables")


def test_readers_see_what_a_naive_fold_gives(engine: ReadEngine) -> None:
    changes = changes_of(busy_history())
    follow(engine.live("tables"), changes, 50)
    messages: dict[tuple[str, int], dict[int, PutMessage]] = {}
    for change in changes:
        match change:
            case PutChat(token=token, number=number):
                messages.setdefault((token, number), {})
            case PutMessage():
                messages[change.token, change.chat][change.number] = change
            case DropMessage():
                del messages[change.token, change.chat][change.number]
            case DropChat(token=token, number=number):
                del messages[token, number]
            case DropApplication(token=token):
                messages = {key: below for key, below in messages.items() if key[0] != token}
    assert messages

    view: TablesView = _Asking(engine)
    assert engine.position("tables") == len(changes)
    for (token, number), expected in messages.items():
        rows = view.messages(token, number, Page(100))
        assert rows is not None
        assert [(number, json.loads(row)["body"]) for number, row in rows] == sorted(
            (number, put.body) for number, put in expected.items()
        )
        assert json.loads(view.chat(token, number) or b"")["messages_count"] == len(expected)
