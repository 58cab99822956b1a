"""Each type of problem has a page, which runs nothing and asks nobody."""

import re
from html import unescape

import falcon.testing
import pytest

from web.paths import PROBLEM
from web.problem import KINDS, PAGES, Kind
from web.problem_pages import add_problem_pages
from web.routing import new_app


@pytest.fixture(scope="module")
def client() -> falcon.testing.TestClient:
    app = new_app({PROBLEM: ("GET",)})
    add_problem_pages(app)
    return falcon.testing.TestClient(app)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.slug)
def test_its_page_says_what_it_means_and_what_to_do(client: falcon.testing.TestClient, kind: Kind) -> None:
    answer = client.simulate_get(kind.type)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    text = unescape(answer.text)
    for said in (kind.title, kind.meaning, kind.cure):
        assert said in text


def test_a_page_lets_in_nothing_but_its_own_style(client: falcon.testing.TestClient) -> None:
    answer = client.simulate_get(f"{PAGES}stale")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert not re.search(r"<(script|img|link)|https?:|\son\w+=", answer.text)


def test_a_page_may_be_kept_and_is_not_sent_again(client: falcon.testing.TestClient) -> None:
    answer = client.simulate_get(f"{PAGES}stale")
    assert answer.headers["cache-control"].startswith("public, max-age=")
    assert answer.headers["etag"].startswith('"')


def test_there_is_none_for_what_is_no_type(client: falcon.testing.TestClient) -> None:
    assert client.simulate_get(f"{PAGES}nothing").status_code == 404


def test_no_two_kinds_share_a_name() -> None:
    assert len({kind.slug for kind in KINDS.values()}) == len(KINDS)
