"""The exchange of counts, and the thread that uses it: in memory, and in a Redis."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

import pytest
from limits import parse

from tests.support.shared_server import shared_server
from tests.support.waiting import until
from web.counts import Counts, Windows
from web.exchange import Exchange, News
from web.open import open_exchange
from web.sharing import Sharing


class InMemory:
    """Implements `web.exchange.Exchange` for the processes of a test."""

    def __init__(self, told: dict[str, dict[object, int]]) -> None:
        self._told = told

    def tell(self, news: Sequence[News]) -> list[int]:
        others = []
        for name, own, _ in news:
            told = self._told.setdefault(name, {})
            told[self] = own
            others.append(sum(told.values()) - own)
        return others

    def close(self) -> None:
        pass


class AnswersLost:
    """Implements `web.exchange.Exchange`: what is told arrives, and of the first answers none comes back."""

    def __init__(self, exchange: Exchange, lost: int) -> None:
        self._exchange = exchange
        self.lost = lost

    def tell(self, news: Sequence[News]) -> list[int]:
        others = self._exchange.tell(news)
        if news and self.lost:
            self.lost -= 1
            raise TimeoutError
        return others

    def close(self) -> None:
        self._exchange.close()


@pytest.fixture(params=["memory", "redis"])
def new_exchange(request: pytest.FixtureRequest) -> Iterator[Callable[[], Exchange]]:
    """Makes exchanges that share."""
    told: dict[str, dict[object, int]] = {}
    url = shared_server("redis").url() if request.param == "redis" else ""
    with ExitStack() as stack:

        def new() -> Exchange:
            exchange = open_exchange(url) or InMemory(told)
            stack.callback(exchange.close)
            return exchange

        yield new


def test_sums(new_exchange: Callable[[], Exchange]) -> None:
    one, two, three = (new_exchange() for _ in range(3))
    a, b = secrets.token_hex(8), secrets.token_hex(8)
    assert one.tell([News(a, 3, 60), News(b, 1, 60)]) == [0, 0]
    assert two.tell([News(b, 5, 60), News(a, 2, 60)]) == [1, 3]
    assert three.tell([News(a, 4, 60)]) == [5]
    assert one.tell([]) == []
    assert one.tell([News(a, 7, 60)]) == [6]


def test_telling_twice_changes_nothing(new_exchange: Callable[[], Exchange]) -> None:
    one, two = new_exchange(), new_exchange()
    a = secrets.token_hex(8)
    assert [one.tell([News(a, 3, 60)]) for _ in range(3)] == [[0]] * 3
    assert two.tell([News(a, 1, 60), News(a, 1, 60)]) == [3, 3]
    assert one.tell([News(a, 2, 60)]) == [1]
    assert two.tell([News(a, 1, 60)]) == [2]


def test_answers_that_are_lost(new_exchange: Callable[[], Exchange], monkeypatch: pytest.MonkeyPatch) -> None:
    """The process goes on to count right, and others hear the same."""
    monkeypatch.setattr("web.sharing.PAUSE", 0.05)
    counts = Counts()
    windows = counts.windows(parse("1000/hour"))
    lossy = AnswersLost(new_exchange(), 3)
    sharing = Sharing(counts, lossy)
    key, now = secrets.token_hex(8), 1_000_000.0
    sharing.start()
    asked = 0

    def has_lost_all() -> bool:
        nonlocal asked
        asked += 1
        return windows.count(key, now) >= 0 and lossy.lost == 0

    try:
        until(has_lost_all, "the answers to be lost")
        until(lambda: sharing.error is None, "an exchange that succeeds")
        assert windows.left(key, now) == 1000 - asked
        # What was told in vain is told with the next count.
        windows.count(key, now)
        asked += 1
        other, name = new_exchange(), f"{parse('1000/hour').key_for(key)}:{int(now // 3600)}"
        until(lambda: other.tell([News(name, 0, 60)]) == [asked], "the whole count, once")
    finally:
        sharing.stop()


def test_two_processes(new_exchange: Callable[[], Exchange]) -> None:
    key = secrets.token_hex(8)
    counts = [Counts() for _ in range(2)]
    windows = [each.windows(parse("100000/hour")) for each in counts]
    now = 1_000_000.0
    sharing = [Sharing(each, new_exchange()) for each in counts]
    for each in sharing:
        each.start()
    try:
        for each in windows:
            assert all(each.count(key, now) >= 0 for _ in range(100))

        def known(each: Windows) -> float:
            # Who has told before the other hears at its next count.
            return 100_000 - each.count(key, now)

        until(lambda: known(windows[0]) >= 200, "what the second has counted")
        until(lambda: known(windows[1]) >= 200, "what the first has counted")
    finally:
        for each in sharing:
            each.stop()
    assert [each.error for each in sharing] == [None, None]


def test_nobody_to_share_with() -> None:
    assert open_exchange("memory://") is None


def test_a_server_that_is_not_there() -> None:
    exchange = open_exchange("redis://127.0.0.1:9/0")
    assert exchange is not None
    counts = Counts()
    windows = counts.windows(parse("10/hour"))
    sharing = Sharing(counts, exchange)
    sharing.start()
    try:
        assert windows.count("k", counts.now()) >= 0
        until(lambda: "ConnectionError" in str(sharing.error), "the complaint")
        assert windows.count("k", counts.now()) >= 0
    finally:
        sharing.stop()
