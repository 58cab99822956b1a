"""The exchange of counts, and the thread that uses it: in memory, and in a Redis."""

import secrets
from collections import Counter
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

    def __init__(self, sums: Counter[str]) -> None:
        self._sums = sums

    def add(self, news: Sequence[News]) -> list[int]:
        totals = []
        for name, amount, _ in news:
            self._sums[name] += amount
            totals.append(self._sums[name])
        return totals

    def close(self) -> None:
        pass


@pytest.fixture(params=["memory", "redis"])
def new_exchange(request: pytest.FixtureRequest) -> Iterator[Callable[[], Exchange]]:
    """Makes exchanges that share."""
    sums: Counter[str] = Counter()
    url = shared_server("redis").url() if request.param == "redis" else ""
    with ExitStack() as stack:

        def new() -> Exchange:
            exchange = open_exchange(url) or InMemory(sums)
            stack.callback(exchange.close)
            return exchange

        yield new


def test_sums(new_exchange: Callable[[], Exchange]) -> None:
    one, two = new_exchange(), new_exchange()
    a, b = secrets.token_hex(8), secrets.token_hex(8)
    assert one.add([News(a, 3, 60), News(b, 1, 60)]) == [3, 1]
    assert two.add([News(b, 5, 60), News(a, 2, 60), News(a, 1, 60)]) == [6, 5, 6]
    assert one.add([]) == []
    assert one.add([News(a, 0, 60)]) == [6]


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
