"""What a search engine may answer, lose or be (F24), and what searches and followers make of it."""

import json
import logging
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engines.search_url import parse_search
from projections.readmodel.changes import Change, PutMessage
from projections.readmodel.errors import Fenced, Misfit, ReadModelUnavailable
from projections.readmodel.opensearch_client import connect
from projections.readmodel.opensearch_index import index_name
from projections.readmodel.store import Checkpoint
from projections.readmodel.views import Page
from tests.support.certificates import certificate
from tests.support.meddler import Answer, Exchange, Meddler
from tests.support.proxy import Proxy
from tests.support.read_engines import ReadEngine, checkpoint, follow, listed, sqlite_engine
from tests.support.search_engines import new_prefix, remove_indices

AT = "2026-01-01T00:00:00.000000Z"
POSTS: list[Change] = [PutMessage("a", 1, n, 1, f"message {n}", None, AT, AT, n) for n in range(1, 11)]


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


def total(engine: ReadEngine) -> int:
    return engine.search(lambda view: view.find("a", 1, "message", Page(100)).total)


def changed(change: Callable[[dict[str, Any]], object]) -> Callable[[Exchange], Answer | None]:
    """Searches get another answer than the engine's."""

    def rule(exchange: Exchange) -> Answer | None:
        if "_search" not in exchange.path:
            return None
        status, answer = exchange.forward()
        found = json.loads(answer)
        change(found)
        return status, json.dumps(found).encode()

    return rule


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found["_shards"].update(failed=1),
        lambda found: found.update(timed_out=True),
    ],
)
def test_f24_an_answer_in_part_is_none(
    engine: ReadEngine, meddler: Meddler, change: Callable[[dict[str, Any]], object]
) -> None:
    live = engine.live("search")
    follow(live, POSTS)
    meddler.rule = changed(change)
    with pytest.raises(ReadModelUnavailable, match="in part"):
        total(engine)
    with pytest.raises(ReadModelUnavailable, match="in part"):
        listed(live)
    meddler.rule = lambda _: None
    assert total(engine) == 10


def test_a_refresh_in_part_shows_nothing_new(engine: ReadEngine, meddler: Meddler) -> None:
    live = engine.live("search")
    refused = b'{"_shards": {"total": 2, "successful": 1, "failed": 1}}'
    meddler.rule = lambda exchange: (200, refused) if "_refresh" in exchange.path else None
    with pytest.raises(ReadModelUnavailable, match="in part"):
        follow(live, POSTS)
    assert engine.position("search") == 0
    meddler.rule = lambda _: None
    assert engine.live("search").checkpoint() == checkpoint(10)
    assert engine.position("search") == total(engine) == 10


def test_a_hit_that_does_not_match_is_an_alarm(
    engine: ReadEngine, meddler: Meddler, caplog: pytest.LogCaptureFixture
) -> None:
    def forge(found: dict[str, Any]) -> None:
        source = found["hits"]["hits"][0]["_source"]
        source["json"] = source["json"].replace("message", "massage")

    follow(engine.live("search"), POSTS)
    meddler.rule = changed(forge)
    with caplog.at_level(logging.ERROR), pytest.raises(ReadModelUnavailable, match="does not match"):
        total(engine)
    assert [record.levelname for record in caplog.records if "does not contain" in record.message] == [
        "ERROR"
    ]


@pytest.mark.parametrize(
    "answer",
    [(502, b"<html>Bad gateway</html>"), (200, b'{"hits"'), (200, b"{}"), (401, b"{}"), (404, b"{}")],
)
def test_an_answer_that_is_none_is_unavailable(
    engine: ReadEngine, meddler: Meddler, answer: tuple[int, bytes]
) -> None:
    live = engine.live("search")
    follow(live, POSTS)
    meddler.rule = lambda _: answer
    with pytest.raises(ReadModelUnavailable):
        total(engine)
    for ask in (live.check, live.parked, lambda: live.purge(1), lambda: listed(live)):
        with pytest.raises(ReadModelUnavailable):
            ask()
    for apply in (live.apply, lambda *change: engine.live("search").apply(*change)):
        with pytest.raises(ReadModelUnavailable):
            apply([], checkpoint(10), checkpoint(11))
    meddler.rule = lambda _: None
    assert engine.live("search").checkpoint() == checkpoint(10)
    assert total(engine) == 10


def test_a_hung_engine_holds_no_search_for_long(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projections.readmodel.opensearch_reads.MOST_SECONDS", 0.3)
    target = parse_search(url)
    with Proxy(target.host, target.port) as proxy, sqlite_engine(proxy.through(url)) as engine:
        follow(engine.live("search"), POSTS)
        proxy.black_hole()
        with pytest.raises(ReadModelUnavailable, match="timed out"):
            total(engine)
        proxy.heal()
        assert total(engine) == 10


def test_it_is_reached_by_tls_and_with_a_password(url: str, tmp_path: Path) -> None:
    files = certificate(tmp_path, "engine", "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    seen: set[str | None] = set()

    def note(exchange: Exchange) -> Answer | None:
        seen.add(exchange.authorization)
        return None

    with Meddler(url, context) as meddler:
        meddler.rule = note
        secure = meddler.url.replace("http://", "https://ann:p%40ss@")
        with sqlite_engine(f"{secure}&ca={files.certificate}") as engine:
            follow(engine.live("search"), POSTS)
            assert total(engine) == 10
        with sqlite_engine(secure) as stranger, pytest.raises(ReadModelUnavailable, match="CERTIFICATE"):
            stranger.live("search")
    assert seen == {f"Basic {b64encode(b'ann:p@ss').decode()}"}


def test_an_index_that_is_gone_is_folded_again(
    url: str, engine: ReadEngine, caplog: pytest.LogCaptureFixture
) -> None:
    """Its follower makes no index with guessed fields, and does not go on from where it was."""
    live = engine.live("search")
    follow(live, POSTS)
    engine.control.report("search", position=10, head=10, error=None)
    target = parse_search(url)
    remove_indices(f"http://{target.host}:{target.port}", target.prefix)
    with pytest.raises(ReadModelUnavailable, match="no such index"):
        live.apply([], checkpoint(10), checkpoint(11))
    with pytest.raises(ReadModelUnavailable):
        total(engine)
    with caplog.at_level(logging.WARNING):
        again = engine.live("search")
    assert again.checkpoint() == Checkpoint()
    assert "is folded again from the log, up to 10" in caplog.text
    with pytest.raises(Fenced):
        live.apply([], checkpoint(10), checkpoint(11))
    follow(again, POSTS)
    assert total(engine) == 10


def test_an_index_that_was_restored_is_folded_again(url: str, engine: ReadEngine) -> None:
    live = engine.live("search")
    follow(live, POSTS)
    target = parse_search(url)
    with closing(connect(target, 10)) as client:
        # As an older snapshot of it would be.
        index = index_name(target.prefix, 1)
        older = {"mark": f"5 {checkpoint(5).event_id.hex()} log"}
        params = {"routing": "checkpoint", "refresh": "true"}
        client.index(index=index, id="checkpoint", body=older, params=params)
    assert live.check() == [f"index {index} is at 5, and was at 10: it was restored or has lost something"]
    with pytest.raises(Fenced):
        engine.live("search").checkpoint()
    again = engine.live("search")
    assert again.checkpoint() == Checkpoint()
    follow(again, POSTS)
    assert total(engine) == 10


def test_two_logs_do_not_share_an_index(url: str, engine: ReadEngine) -> None:
    live = engine.live("search")
    follow(live, POSTS)
    with sqlite_engine(url) as other:
        # It begins beyond what is there, and takes none of it away.
        assert other.control.projection("search").live == 2
        assert other.control.drop_old("search") == []
        other.live("search")
        building = engine.control.start_building("search")
        with pytest.raises(Misfit, match="must not share"):
            engine.control.generation("search", building, must_be_live=False)
    with pytest.raises(Misfit, match="another log"):
        engine.live("search").apply([], checkpoint(10), Checkpoint("other", 11, b"event"))
    assert total(engine) == 10
