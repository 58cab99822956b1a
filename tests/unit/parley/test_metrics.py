"""What is measured of requests: labels that nobody can blow up, values that add up."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from falcon import testing
from hypothesis import given, settings
from hypothesis import strategies as st
from limits import parse_many
from prometheus_client import Counter

from parley.dispatch import ALLOWED
from parley.metrics import folder
from parley.metrics.http import HttpMetrics, LimitMetrics
from parley.metrics.registry import Metrics, Total
from tests.support.as_servers_ask import as_servers_ask
from tests.support.scraped import scraped
from tests.support.server import environment
from web.limiter import Limiter, Quotas
from web.observing import METHODS, OTHER, observing
from web.routing import add_elsewhere, new_app

SECRET = "t" * 43


def served(metrics: Metrics) -> testing.TestClient:
    """All routes, none of which does anything."""
    app = new_app(ALLOWED)
    add_elsewhere(app, ALLOWED)
    return testing.TestClient(as_servers_ask(observing(app, HttpMetrics(metrics))))


PATHS = st.one_of(
    st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="%?#"), max_size=30),
    st.sampled_from(sorted(ALLOWED)),
    st.integers(0, 10**6).map(lambda n: f"/applications/{SECRET}/chats/{n}"),
)


def test_labels_are_bounded_whatever_is_asked() -> None:
    metrics = Metrics()
    client = served(metrics)

    @settings(max_examples=25, deadline=None)
    @given(st.sampled_from([*sorted(METHODS), "BREW", "X" * 30]), PATHS)
    def ask(method: str, path: str) -> None:
        answer: Any = client.simulate_request(method, "/" + path.lstrip("/"))
        assert answer.status_code in (204, 400, 404, 405)

    ask()
    told = metrics.scrape().decode()
    assert SECRET not in told
    for _, labels in scraped(told, "parley_http_requests_total"):
        assert labels["method"] in METHODS | {OTHER}
        assert labels["route"] in ALLOWED.keys() | {OTHER}


def test_each_request_is_counted_once() -> None:
    metrics = Metrics()
    client = served(metrics)
    for _ in range(3):
        client.simulate_request("OPTIONS", "/livez")
    labels = {"method": "OPTIONS", "route": "/livez", "status": "204"}
    told = metrics.scrape().decode()
    assert scraped(told, "parley_http_requests_total") == [(3, labels)]
    assert scraped(told, "parley_http_request_duration_seconds_count") == [(3, labels)]


def test_a_count_that_is_kept_elsewhere_is_not_counted_twice() -> None:
    metrics, kept = Metrics(), [3, 3, 5]
    total = Total(Counter("x_total", "x", registry=metrics.registry))
    metrics.sample(lambda: total.reach(kept.pop(0)))
    assert [scraped(metrics.scrape().decode(), "x_total") for _ in range(3)] == [[(n, {})] for n in (3, 3, 5)]


def test_a_refusal_is_counted_by_its_limit() -> None:
    metrics = Metrics()
    limiter = Limiter(
        Quotas(address=parse_many("1/minute"), failures=parse_many("1/minute")),
        on_refusal=LimitMetrics(metrics),
    )
    for _ in range(3):
        limiter.hit((), "192.0.2.1")
    for _ in range(2):
        limiter.guess("192.0.2.2")
    told = metrics.scrape().decode()
    counted = {
        labels["limit"]: value for value, labels in scraped(told, "parley_rate_limited_requests_total")
    }
    assert counted == {"key": 0, "address": 2, "failures": 1}
    assert "192.0.2" not in told


@pytest.fixture
def together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in which this process counts as if it had workers."""
    monkeypatch.setattr(folder, "_MEMORY", str(tmp_path))
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    folder.share()
    yield tmp_path
    folder.remove()
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR")


def test_only_what_nobody_uses_any_more_is_swept_away(together: Path) -> None:
    left = together / f"{folder.PREFIX}left"
    left.mkdir()
    other = together / "another-program"
    other.mkdir()
    code = (
        "from parley.metrics import folder; import sys;"
        "folder._MEMORY = sys.argv[1]; folder.share(); print(folder.shared_folder())"
    )
    made = subprocess.run(
        [sys.executable, "-c", code, str(together)],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert not left.exists()
    assert other.exists()
    mine = folder.shared_folder()
    assert mine is not None
    assert mine.exists()
    assert Path(made.stdout.strip()).parent == together
