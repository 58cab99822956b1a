"""What a search engine may answer to a bulk, and what becomes of the documents (F22, F23, F25–F27)."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from opensearchpy import OpenSearch

from engines.search_url import parse_search
from projections.projectors import search as projector
from projections.readmodel.bulk_counts import counts
from projections.readmodel.changes import Change, DropChat, DropMessage, PutMessage
from projections.readmodel.errors import Fenced, ReadModelUnavailable
from projections.readmodel.norm import norm
from projections.readmodel.opensearch_bulk import send
from projections.readmodel.opensearch_client import connect
from projections.readmodel.opensearch_documents import documents
from projections.readmodel.opensearch_index import index_name, write_alias
from projections.readmodel.store import Checkpoint
from projections.readmodel.views import Page
from tests.support.histories import busy_history
from tests.support.meddler import Answer, Exchange, Meddler
from tests.support.proxy import Cut, Direction, Proxy
from tests.support.read_engines import (
    ReadEngine,
    checkpoint,
    follow,
    follow_ahead,
    listed,
    sqlite_engine,
)
from tests.support.search_engines import new_prefix
from tests.support.waiting import until

AT = "2026-01-01T00:00:00.000000Z"


def message(number: int, body: str = "words", version: int = 1, position: int | None = None) -> PutMessage:
    return PutMessage("a", 1, number, version, body, None, AT, AT, position or number)


MANY: list[Change] = [message(number) for number in range(1, 501)]


@pytest.fixture
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projections.readmodel.opensearch_bulk.PORTION", 5_000)


@pytest.fixture
def url() -> Iterator[str]:
    with new_prefix("opensearch") as url:
        yield url


@pytest.fixture
def meddler(url: str) -> Iterator[Meddler]:
    with Meddler(url) as meddler:
        yield meddler


@pytest.fixture
def engine(meddler: Meddler) -> Iterator[ReadEngine]:
    with sqlite_engine(meddler.url) as engine:
        yield engine


@contextmanager
def client(url: str) -> Iterator[tuple[OpenSearch, str]]:
    """A client of the engine itself, and the first generation's index."""
    target = parse_search(url)
    with closing(connect(target, 10)) as client:
        yield client, index_name(target.prefix, 1)


def numbers(engine: ReadEngine, q: str) -> list[int]:
    pages = [
        engine.search(lambda view, after=after: view.find("a", 1, norm(q), Page(100, after=after)))  # type: ignore[misc]
        for after in range(0, 600, 100)
    ]
    found = sorted({hit.number for page in pages for hit in page.hits})
    assert {page.total for page in pages} == {len(found)}
    return found


def items(body: bytes) -> list[tuple[bytes, dict[str, object]]]:
    """(lines, source) of each item of a bulk that only indexes."""
    lines = body.splitlines(keepends=True)
    return [(one + two, json.loads(two)) for one, two in zip(lines[::2], lines[1::2], strict=True)]


def busy(picks: Callable[[int], bool]) -> Callable[[Exchange], Answer]:
    """The engine takes the items that are not picked, and has no room for the others."""

    def answer(exchange: Exchange) -> Answer:
        whole = items(exchange.body)
        kept = [lines for place, (lines, _) in enumerate(whole) if not picks(place)]
        status, taken = exchange.forward(b"".join(kept)) if kept else (200, b'{"items": []}')
        results = iter(json.loads(taken)["items"])
        full = {
            "index": {"status": 429, "error": {"type": "es_rejected_execution_exception", "reason": "full"}}
        }
        answered = [full if picks(place) else next(results) for place in range(len(whole))]
        return status, json.dumps({"took": 1, "errors": True, "items": answered}).encode()

    return answer


def test_f22_what_meets_a_busy_engine_is_sent_again(engine: ReadEngine, meddler: Meddler) -> None:
    sent: list[int] = []

    def half(exchange: Exchange) -> Answer | None:
        if "_bulk" not in exchange.path:
            return None
        sent.append(len(items(exchange.body)))
        return busy(lambda place: place % 2 == 1)(exchange) if len(sent) < 4 else None

    live = engine.live("search")
    meddler.rule = half
    before = counts.retried
    edits: list[Change] = [message(number, "other", 2) for number in range(1, 501, 3)]
    follow(live, [*MANY, *edits], 300)
    assert sent[:4] == [301, 150, 75, 37], "only what was not taken is sent again"
    assert counts.retried - before == 150 + 75 + 37
    edited = list(range(1, 501, 3))
    assert numbers(engine, "other") == edited
    assert numbers(engine, "words") == [number for number in range(1, 501) if number not in edited]
    assert live.check() == []


def test_f22_a_whole_bulk_may_be_too_much_for_now(engine: ReadEngine, meddler: Meddler) -> None:
    refusals = iter([429, 503, 429])

    def full(exchange: Exchange) -> Answer | None:
        status = next(refusals, None) if "_bulk" in exchange.path else None
        return None if status is None else (status, b'{"error": {"type": "circuit_breaking_exception"}}')

    live = engine.live("search")
    meddler.rule = full
    follow(live, MANY)
    assert len(numbers(engine, "words")) == len(MANY)


def test_f22_an_engine_that_stays_busy_is_not_waited_for_for_ever(
    engine: ReadEngine, meddler: Meddler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.readmodel.opensearch_bulk.PAUSES", (0.0, 0.0, 0.0))
    live = engine.live("search")
    meddler.rule = lambda exchange: busy(lambda _: True)(exchange) if "_bulk" in exchange.path else None
    failed = counts.failed
    with pytest.raises(ReadModelUnavailable, match="too busy for 501 doc"):
        follow(live, MANY)
    assert counts.failed == failed + 1
    assert live.checkpoint() == Checkpoint()
    meddler.rule = lambda _: None
    follow(live, MANY)
    assert len(numbers(engine, "words")) == len(MANY)


@pytest.mark.usefixtures("small_portions")
def test_what_was_begun_of_a_batch_whose_turn_does_not_come_is_in_the_log_too(
    engine: ReadEngine, meddler: Meddler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next batch, which edits what the first one posts, is there when the first one fails; both come again."""
    monkeypatch.setattr("projections.readmodel.opensearch_bulk.PAUSES", (0.0,))
    edits: list[Change] = [message(number, "other", 2, position=500 + number) for number in range(1, 501)]

    def first_fails(exchange: Exchange) -> Answer | None:
        if "_bulk" not in exchange.path or b'"text":"words"' not in exchange.body:
            return None
        return busy(lambda place: place % 5 == 0)(exchange)

    building = engine.open("search", engine.control.start_building("search"), must_be_live=False)
    meddler.rule = first_fails
    first = building.begin(MANY, Checkpoint(), checkpoint(500))
    second = building.begin(edits, checkpoint(500), checkpoint(1000))
    with pytest.raises(ReadModelUnavailable, match="too busy"):
        first()
    with pytest.raises(Fenced):
        second()
    assert building.checkpoint() == Checkpoint()
    building.close()

    meddler.rule = lambda _: None
    again = engine.open("search", building.number, must_be_live=False)
    assert follow_ahead(again, [*MANY, *edits], 500) == checkpoint(1000)
    again.finish()
    rows = dict(listed(again))
    assert len(rows) == 500
    assert all(b'"other"' in row for row in rows.values())


@pytest.mark.usefixtures("small_portions")
def test_one_that_is_refused_is_parked_whichever_portion_it_is_in(
    engine: ReadEngine, meddler: Meddler
) -> None:
    building = engine.open("search", engine.control.start_building("search"), must_be_live=False)
    meddler.rule = refusing
    changes: list[Change] = [
        message(number, "wrong" if number in (7, 480) else "words") for number in range(1, 501)
    ]
    follow_ahead(building, changes, 250)
    building.finish()
    assert [named.split()[1] for named in building.parked()] == ["a/1/7", "a/1/480"]


def refusing(exchange: Exchange) -> Answer | None:
    """A message whose text is "wrong" is such that the engine can't keep it."""
    if "_bulk" not in exchange.path:
        return None
    return exchange.forward(exchange.body.replace(b'"text":"wrong"', b'"text":{"wrong":1}'))


def test_f23_a_refused_message_is_parked_and_named(
    engine: ReadEngine, meddler: Meddler, caplog: pytest.LogCaptureFixture
) -> None:
    live = engine.live("search")
    meddler.rule = refusing
    changes = [message(number, "wrong" if number == 250 else "words") for number in range(1, 501)]
    with caplog.at_level(logging.ERROR):
        follow(live, list(changes))
    assert len(numbers(engine, "words")) == 499
    assert numbers(engine, "wrong") == []
    assert [record.levelname for record in caplog.records if "refuses" in record.message] == ["ERROR"]
    (named,) = live.parked()
    assert named.startswith("message a/1/250 ")
    assert live.check() == [named]
    assert len(listed(live)) == 499

    meddler.rule = lambda _: None
    follow(live, [message(250, "words", 2)])
    assert live.parked() == []
    assert len(numbers(engine, "words")) == 500


def test_f23_a_closed_index_parks_nothing(url: str, engine: ReadEngine) -> None:
    """What is the engine's state is no fault of a message."""
    live = engine.live("search")
    with client(url) as (engine_itself, index):
        blocked = {"index.blocks.write": True}
        engine_itself.indices.put_settings(index=index, body=blocked)
        with pytest.raises(ReadModelUnavailable, match="403"):
            follow(live, MANY)
        engine_itself.indices.put_settings(index=index, body={"index.blocks.write": False})
    follow(live, MANY)
    assert live.parked() == []
    assert len(numbers(engine, "words")) == 500


@pytest.mark.parametrize("cut", ["in the reply", "before the reply", "in the request"])
def test_f25_a_bulk_whose_reply_is_lost_is_repeated(url: str, cut: str) -> None:
    target = parse_search(url)
    with Proxy(target.host, target.port) as proxy, sqlite_engine(proxy.through(url)) as engine:
        live = engine.live("search")
        follow(live, [message(1)])
        if cut == "in the reply":
            proxy.cut_after(10_000, Direction.TO_CLIENT)
        elif cut == "before the reply":
            proxy.cut_on(b'"_id":"checkpoint"', Cut.REPLY_LOST)
        else:
            proxy.cut_after(50_000, Direction.TO_SERVER)
        before = live.checkpoint()
        changes = [message(number) for number in range(2, 501)]
        with pytest.raises(ReadModelUnavailable):
            live.apply(changes, before, checkpoint(500))
        assert live.checkpoint() == before
        live.apply(changes, before, checkpoint(500))
        assert len(numbers(engine, "words")) == 500
        assert len(listed(live)) == 500


def test_f26_what_comes_late_does_not_bring_back_what_was_deleted(url: str, engine: ReadEngine) -> None:
    live = engine.live("search")
    edit = message(1, "words, edited", 2, 3)
    follow(live, [message(1), message(2), edit, DropMessage("a", 1, 1, 4), DropChat("b", 1)])
    late: list[Change] = [message(1), edit, PutMessage("b", 1, 1, 1, "words", None, AT, AT, 1)]
    while live.purge(10):
        pass
    with client(url) as (engine_itself, index):
        send(engine_itself, write_alias(index), documents(late), refresh=True)
    assert numbers(engine, "words") == [2]
    assert engine.search(lambda view: view.find("b", 1, "words", Page(9)).total) == 0
    assert [key.split()[1:] for key, _ in listed(live)] == [["a", f"{1:018d}", f"{2:018d}"]]


def test_f26_a_bulk_that_was_held_up_changes_nothing(url: str) -> None:
    """A follower's bulk is under way when it is fenced; its successor deletes the message; then the bulk arrives."""
    target = parse_search(url)
    with (
        Proxy(target.host, target.port) as proxy,
        sqlite_engine(url) as engine,
        sqlite_engine(proxy.through(url), engine) as frozen,
    ):
        live = engine.live("search")
        held = frozen.live("search")
        proxy.cut_on(b'"text":"held', Cut.HELD, seconds=1)
        with pytest.raises(ReadModelUnavailable):
            follow(held, [message(1, "held up")])
        follow(live, [message(1, "held up"), DropMessage("a", 1, 1, 2)])
        until(lambda: proxy.counts["late"], "the bulk's arrival")
        follow(live, [message(2, "held up")])
        assert numbers(engine, "held") == [2]


def test_f27_the_fields_stay_as_they_are(url: str, engine: ReadEngine) -> None:
    live = engine.live("search")
    with client(url) as (engine_itself, index):
        before = engine_itself.indices.get_mapping(index=index)
        follow(live, projector.fold(list(enumerate(busy_history(300), 1))), 100)
        document = next(documents([message(1)]))
        strange = document._replace(source={**(document.source or {}), "surprise": {"deep": 1}}, id="strange")
        send(engine_itself, write_alias(index), [strange], refresh=True)
        assert engine_itself.indices.get_mapping(index=index) == before
    (named,) = live.parked()
    assert "surprise" in named
