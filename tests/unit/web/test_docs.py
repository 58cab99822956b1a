"""The page at /docs and the files it loads."""

import gzip
import re
from hashlib import sha256

import falcon.testing
import pytest

from web.conditional import Conditional
from web.docs.files import FILES
from web.docs.resources import add_docs
from web.paths import DOCS, DOCS_FILE
from web.routing import new_app

VENDORED = FILES["swagger-ui.css"][0]


@pytest.fixture(scope="module")
def client() -> falcon.testing.TestClient:
    app = new_app({DOCS: ("GET",), DOCS_FILE: ("GET",)}, [Conditional()])
    add_docs(app)
    return falcon.testing.TestClient(app)


def test_x17_the_page_lets_in_nothing_inline_and_nobody_else(client: falcon.testing.TestClient) -> None:
    answer = client.simulate_get("/docs")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert not re.search(r"<style|<script>|//|\son\w+=|\sstyle=", answer.text)


def test_the_page_loads_what_is_served_and_nothing_else(client: falcon.testing.TestClient) -> None:
    named = re.findall(r'(?:href|src)="(.*?)"', client.simulate_get("/docs").text)
    assert sorted(named) == sorted(["/openapi.json", *(f"/docs/{name}" for name in FILES)])


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_served_as_it_is(client: falcon.testing.TestClient, name: str) -> None:
    folder, media_type = FILES[name]
    data = (folder / name).read_bytes()
    plain = client.simulate_get(f"/docs/{name}")
    assert (plain.status_code, plain.content) == (200, data)
    assert plain.headers["content-type"] == media_type
    assert plain.headers["cache-control"].startswith("public, max-age=")
    head = client.simulate_head(f"/docs/{name}")
    assert (head.content, head.headers["content-length"]) == (b"", str(len(data)))


@pytest.mark.parametrize("name", [name for name, (_, kind) in FILES.items() if kind != "image/png"])
def test_a_text_comes_compressed_if_that_is_liked(client: falcon.testing.TestClient, name: str) -> None:
    plain = client.simulate_get(f"/docs/{name}")
    packed = client.simulate_get(f"/docs/{name}", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    # Other bytes: an answer that was kept in one form must not be taken for the other.
    assert packed.headers["etag"] != plain.headers["etag"]
    again = client.simulate_get(
        f"/docs/{name}", headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["", "nothing", "README.md", "page.html", "files.py", "problems"])
def test_nothing_else_is_served(client: falcon.testing.TestClient, name: str) -> None:
    assert client.simulate_get(f"/docs/{name}").status_code == 404


def test_what_others_wrote_is_as_they_published_it() -> None:
    sums = dict(reversed(line.split()) for line in (VENDORED / "SHA256SUMS").read_text().splitlines())
    assert set(sums) == {path.name for path in VENDORED.iterdir()} - {"README.md", "SHA256SUMS"}
    for name, known in sums.items():
        assert sha256((VENDORED / name).read_bytes()).hexdigest() == known, name
