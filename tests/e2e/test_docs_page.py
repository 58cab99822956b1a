"""/docs in Chromium, from one process and through the gateway: it shows every operation, and asks nobody else."""

import json
import re
import urllib.request
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import Look, look
from tests.support.group import Group
from tests.support.raw_http import exchange, request
from web.docs.files import FILES

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


class Shown(HTMLParser):
    """The (method, path) of each operation that Swagger UI has drawn."""

    def __init__(self, dom: str) -> None:
        super().__init__()
        self.operations: list[tuple[str, str]] = []
        self._method = ""
        self.feed(dom)

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        block = re.search(r"\bopblock-(\w+)", named.get("class") or "")
        if (named.get("id") or "").startswith("operations-") and block:
            self._method = block[1]
        if named.get("data-path"):
            self.operations.append((self._method, named["data-path"] or ""))


def described(url: str) -> set[tuple[str, str]]:
    """The (method, path) of each operation in the document there."""
    with urllib.request.urlopen(f"{url}/openapi.json", timeout=10) as answer:
        paths: dict[str, dict[str, Any]] = json.load(answer)["paths"]
    return {(method, path) for path, item in paths.items() for method in METHODS & item.keys()}


@pytest.fixture(scope="module")
def opened(door: Group, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Look]:
    """Where it is, and what was seen there."""
    url = door.servers[0].url
    return url, look(f"{url}/docs", tmp_path_factory.mktemp("browser") / "new")


def test_every_operation_is_shown(opened: tuple[str, Look]) -> None:
    url, seen = opened
    shown = Shown(seen.dom).operations
    assert len(shown) > 20
    assert sorted(shown) == sorted(described(url))
    # As of the bundle; what Swagger UI can't make sense of it says in such a box.
    assert "errors-wrapper" not in seen.dom


def test_it_asks_for_its_files_and_the_document_and_nothing_else(opened: tuple[str, Look]) -> None:
    url, seen = opened
    assert set(seen.asked) == {f"{url}/openapi.json", *(f"{url}/docs/{name}" for name in FILES)}


def test_x17_its_policy_stops_nothing_that_it_wants(opened: tuple[str, Look]) -> None:
    # A try to go elsewhere, or a script or style in line, would be refused there, not in the network.
    assert opened[1].console == ()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_x17_pages_come_with_a_policy_and_are_what_they_say(door: Group, method: str) -> None:
    port = door.servers[0].port
    for path in ("/docs", "/docs/problems/stale"):
        answer = exchange(port, request(path, method), method)
        assert answer.status == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["content-security-policy"].startswith("default-src 'none';")
        assert answer.headers["x-content-type-options"] == "nosniff"
    for name, (folder, media_type) in FILES.items():
        answer = exchange(port, request(f"/docs/{name}", method), method)
        assert (answer.status, answer.headers["content-type"]) == (200, media_type)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.body == (b"" if method == "HEAD" else (folder / name).read_bytes())


def test_what_it_must_not_do_would_be_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        """<meta http-equiv="Content-Security-Policy" content="script-src 'none'">
        <script>document.title = "run"</script><img src="http://elsewhere.test/image">""",
        encoding="utf-8",
    )
    seen = look(page.as_uri(), tmp_path / "new")
    assert seen.asked == ("http://elsewhere.test/image",)
    assert any("Content Security Policy" in line for line in seen.console)
