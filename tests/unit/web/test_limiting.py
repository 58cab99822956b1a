"""Quotas: who is counted as whom, when it is too much, and when it is good again."""

import asyncio
from typing import Any

import pytest
from limits import parse_many

from web.admin import AdminKey
from web.counts import Counts
from web.guard import DRAIN_LIMIT
from web.limiter import Limiter, Quotas
from web.limiting import limiting
from web.observing import OTHER, Answer, observing
from web.routing import ROUTE


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def items(text: str) -> Any:
    return tuple(parse_many(text))


def told(headers: Any) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in headers}


def test_as_many_as_allowed() -> None:
    clock = Clock()
    limiter = Limiter(Quotas(key=items("3/second;5/minute")), Counts(clock))
    answers = [limiter.hit(("k",), "a") for _ in range(4)]
    assert [allowed for allowed, _ in answers] == [True, True, True, False]
    assert told(answers[0][1]) == {
        "ratelimit-policy": '"key-1s";q=3;w=1, "key-60s";q=5;w=60',
        "ratelimit": '"key-1s";r=2;t=1',
    }
    assert told(answers[3][1])["retry-after"] == "2"
    assert told(answers[3][1])["ratelimit"] == '"key-1s";r=0;t=2'
    assert limiter.hit(("other",), "a")[0]
    clock.now += 2
    assert limiter.hit(("k",), "a")[0]


@pytest.mark.parametrize("seconds", [1, 7, 60])
@pytest.mark.parametrize("start", [0.0, 0.3, 0.9])
def test_who_waits_as_told_is_let_in(seconds: int, start: float) -> None:
    clock = Clock()
    clock.now += start * seconds
    limiter = Limiter(Quotas(key=items(f"5/{seconds} second")), Counts(clock))
    for _ in range(20):
        allowed, headers = limiter.hit(("k",), "a")
        if not allowed:
            clock.now += int(told(headers)["retry-after"])
            assert limiter.hit(("k",), "a")[0]


def test_the_window_slides() -> None:
    clock = Clock()
    limiter = Limiter(Quotas(address=items("10/10 second")), Counts(clock))
    clock.now += 9.9
    assert all(limiter.hit((), "a")[0] for _ in range(10))
    clock.now += 0.2
    assert not limiter.hit((), "a")[0]


def test_guesses_are_counted_when_they_come() -> None:
    limiter = Limiter(Quotas(failures=items("3/minute;5/hour")), Counts(Clock()))
    assert [limiter.guess("a")[1] for _ in range(3)] == [()] * 3
    _, headers = limiter.guess("a")
    assert told(headers)["ratelimit-policy"] == '"failures-60s";q=3;w=60'
    assert limiter.guess("b")[1] == ()


def test_what_was_no_guess_is_taken_back_from_its_own_window() -> None:
    clock = Clock()
    clock.now = 600_059.0
    limiter = Limiter(Quotas(failures=items("3/minute")), Counts(clock))
    begun, _ = limiter.guess("a")
    clock.now += 2
    for _ in range(2):
        limiter.guess("a")
    assert limiter.guess("a")[1]
    limiter.spare("a", begun)
    assert not limiter.guess("a")[1]
    assert limiter.guess("a")[1]
    limiter.spare("a", begun)
    assert limiter.guess("a")[1]
    limiter.spare("a", clock.now - 86_400)
    assert limiter.guess("a")[1]


def test_who_is_known_and_fails_is_known_no_more() -> None:
    limiter = Limiter(Quotas(failures=items("1/minute")), Counts(Clock()))
    limiter.let_in("good", "a")
    assert (limiter.knows("good", "a"), limiter.knows("good", "b")) == (True, False)
    limiter.failed("good", "a")
    assert not limiter.knows("good", "a")
    assert limiter.guess("a")[1]


def test_a_clock_that_was_wrong_is_put_right() -> None:
    clock = Clock()
    limiter = Limiter(Quotas(address=items("1/minute")), Counts(clock))
    clock.now += 86_400
    assert [limiter.hit((), "a")[0] for _ in range(2)] == [True, False]
    clock.now -= 86_400
    assert [limiter.hit((), "a")[0] for _ in range(2)] == [True, False]


def test_memory_is_bounded() -> None:
    clock = Clock()
    counts = Counts(clock, most_keys=100)
    for [item] in (items("10/second"), items("100/minute")):
        windows = counts.windows(item)
        for number in range(1000):
            windows.count(str(number), clock.now)
            clock.now += 0.001
        assert len(windows) <= 100


def test_a_flood_of_names_does_not_bring_back_quotas() -> None:
    windows = Counts(Clock(), most_keys=1000).windows(*items("50/day"))
    now, real = 1_000_000.0, [f"real {number}" for number in range(50)]
    for who in real:
        assert all(windows.count(who, now) >= 0 for _ in range(50))
    for number in range(20_000):
        windows.count(f"made up {number}", now)
    assert len(windows) == 1000
    assert not any(windows.count(who, now) >= 0 for who in real)


def test_what_others_count_counts() -> None:
    counts = Counts(Clock())
    counts.track_changes()
    limiter = Limiter(Quotas(key=items("3/minute")), counts)
    assert limiter.hit(("k",), "a")[0]
    [window] = counts.take_changed()
    assert counts.take_changed() == []
    window.others = 2
    assert not limiter.hit(("k",), "a")[0]


def test_the_layer() -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 401, "headers": [(b"a", b"b")]})
        await send({"type": "http.response.body", "body": b"no"})

    async def ask(layer: Any, path: str) -> Any:
        events: list[Any] = []

        async def send(event: Any) -> None:
            events.append(event)

        scope = {"type": "http", "method": "GET", "path": path, "headers": [], "client": ("192.0.2.1", 1)}
        await layer(scope, None, send)
        return events[0]["status"], told(events[0]["headers"])

    quotas = Quotas(address=items("9/minute"), failures=items("1/minute"))
    layer = limiting(app, Limiter(quotas), AdminKey("k" * 20))
    status, headers = asyncio.run(ask(layer, "/applications"))
    assert (status, headers["a"]) == (401, "b")
    assert headers["ratelimit"].startswith('"address-60s";r=8;t=')
    status, headers = asyncio.run(ask(layer, "/applications"))
    assert (status, headers["content-type"]) == (429, "application/problem+json")
    assert int(headers["retry-after"]) >= 1
    assert asyncio.run(ask(layer, "/livez"))[0] == 401


def test_the_route_of_a_refusal_is_other() -> None:
    """As docs/operations.md says: nothing has looked for it yet."""

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        scope[ROUTE] = "/a/{token}"
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(_event: Any) -> None:
        pass

    answers: list[Answer] = []
    layer: Any = observing(limiting(app, Limiter(Quotas(address=items("1/minute")))), answers.append)
    for _ in range(2):
        scope = {"type": "http", "method": "GET", "path": "/a/x", "headers": [], "client": ("192.0.2.1", 1)}
        asyncio.run(layer(scope, None, send))
    assert [(answer.method, answer.route, answer.status) for answer in answers] == [
        ("GET", "/a/{token}", 200),
        ("GET", OTHER, 429),
    ]


@pytest.mark.parametrize(
    "announced", [(b"content-length", b"1000000000"), (b"transfer-encoding", b"chunked"), None]
)
def test_a_body_that_comes_after_a_429_is_not_taken_for_long(announced: Any) -> None:
    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError

    async def ask() -> tuple[list[Any], int]:
        events: list[Any] = []
        taken = 0

        async def send(event: Any) -> None:
            events.append(event)

        async def receive() -> Any:
            nonlocal taken
            taken += 2**20
            return {"type": "http.request", "body": bytes(2**20), "more_body": True}

        headers = [announced] if announced else [(b"content-length", b"0")]
        limiter = Limiter(Quotas(address=items("1/day")), Counts(Clock()))
        limiter.hit((), "192.0.2.1")
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/",
            "headers": headers,
            "client": ("192.0.2.1", 1),
        }
        await limiting(app, limiter)(scope, receive, send)
        return events, taken

    events, taken = asyncio.run(ask())
    headers = told(events[0]["headers"])
    assert (events[0]["status"], int(headers["retry-after"]) >= 1) == (429, True)
    assert (headers.get("connection"), taken) == (("close", DRAIN_LIMIT) if announced else (None, 0))
    assert not events[-1].get("more_body", False)
