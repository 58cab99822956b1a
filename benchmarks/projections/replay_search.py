"""A replay of the search index, beside the raw bulk of the documents that it comes to."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from urllib.parse import urlsplit

from benchmarks.measure import Measure
from benchmarks.projections.history import History
from benchmarks.projections.watched import Watched
from benchmarks.say import say
from engines.search_url import parse_search
from projections.projectors import PROJECTIONS
from projections.readmodel.opensearch_bulk import AT_ONCE, PORTION
from projections.readmodel.opensearch_documents import documents, lines_of
from projections.readmodel.opensearch_store import OpenSearchStore
from projections.readmodel.store import Checkpoint
from projections.replay import replay
from projections.tail import Tail

GOAL = 0.7
LOADED = 999_999
"""The number of a generation that no registry knows."""
SECONDS = 120


def measures(history: History) -> Iterator[Measure]:
    """Both in turn, since a machine's speed drifts."""
    replaying, loading = Watched(), Watched()
    engine = history.servers.engine_pid
    with history.tail() as tail, history.control() as control:
        head = tail.log.head()
        for turn in range(1, history.plan.rounds + 1):
            say(f"{history.shape}: replaying search, turn {turn}")
            with replaying.working(engine):
                replay(control, tail, "search", afresh=True)
            control.drop_old("search")
            say(f"{history.shape}: the raw bulk of the same documents")
            portions = list(_portions(tail, head))
            _load(history.search_url, portions, loading, engine)
    events = head * history.plan.rounds
    name = history.named("replay of search")
    yield Measure(
        f"{name}, to the raw bulk", events / replaying.took, "events/s", GOAL, events / loading.took
    )
    yield from replaying.shares(name, events, "OpenSearch")
    yield from loading.shares(history.named("raw bulk"), events, "OpenSearch")


def _portions(tail: Tail, head: int) -> Iterator[bytes]:
    """All documents of the log, as bodies of requests of the size that a replay sends."""
    before, portion = Checkpoint(), b""
    while before.position < head:
        stretch = tail.read(before, 5000)
        for document in documents(PROJECTIONS["search"](stretch.facts)):
            portion += lines_of(document)
            if len(portion) > PORTION:
                yield portion
                portion = b""
        before = stretch.after
    yield portion


def _load(url: str, portions: list[bytes], loading: Watched, engine: int) -> None:
    """Over as many connections as a replay's, by plain HTTP: a client would look at each answer."""
    store = OpenSearchStore(url)
    index = f"{parse_search(url).prefix}_g{LOADED}"
    with loading.working(engine):
        store.make(LOADED)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            shares = [portions[place::AT_ONCE] for place in range(AT_ONCE)]
            list(pool.map(partial(_post, url, f"/{index}/_bulk?filter_path=errors"), shares))
        _post(url, f"/{index}/_refresh?filter_path=_shards.failed", [b""])
    store.remove(LOADED)
    store.close()


def _post(url: str, path: str, bodies: list[bytes]) -> None:
    with closing(HTTPConnection(urlsplit(url).netloc, timeout=SECONDS)) as connection:
        for body in bodies:
            connection.request("POST", path, body, {"Content-Type": "application/x-ndjson"})
            answer = connection.getresponse()
            said = answer.read()
            assert answer.status == 200, said
            assert said in (b'{"errors":false}', b'{"_shards":{"failed":0}}'), said
