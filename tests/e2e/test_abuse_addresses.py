"""Hostile request lines and headers over a socket, to one process and through a gateway: X06, X11, X12, X25."""

from collections.abc import Iterator

import pytest

from tests.support.abused import Abused
from tests.support.group import Group
from tests.support.raw_http import exchange, request
from tests.support.spellings import OTHER_SPELLINGS

FORGED = [
    "X-Forwarded-For: 10.0.0.1",
    "X-Forwarded-Host: evil.example",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Prefix: /evil",
    "X-Original-URL: /applications",
    "X-Rewrite-URL: /applications",
    "Forwarded: for=10.0.0.1;host=evil.example;proto=https",
    "X-HTTP-Method-Override: DELETE",
]


@pytest.fixture(scope="module")
def abused(door: Group) -> Iterator[Abused]:
    target = Abused(door)
    yield target
    assert target.bodies() == ["hello"]


def test_x06_nul_in_a_path_a_query_and_a_header(abused: Abused) -> None:
    for target in (f"{abused.chat}%00", f"{abused.chats}/%001", f"{abused.messages}/1%00"):
        assert abused.get(target).status in (400, 404)
        assert abused.send("DELETE", target).status in (400, 404)
    for target in (f"{abused.messages}?order=asc%00", f"{abused.messages}/search?q=a%00b"):
        abused.refused(abused.get(target), 422)
    assert abused.get(f"{abused.chat}\0").status == 400
    assert abused.get(f"{abused.messages}?q=\0").status == 400
    assert abused.get(abused.chat, "X-Any: a\0b").status == 400
    assert abused.get(abused.chat, "X-A\0ny: b").status == 400


@pytest.mark.parametrize("spelling", OTHER_SPELLINGS, ids=lambda spelling: f"{spelling:.12}")
def test_x11_a_number_has_one_spelling(abused: Abused, spelling: str) -> None:
    for target in (
        f"{abused.chats}/{spelling}",
        f"{abused.chats}/{spelling}/messages",
        f"{abused.messages}/{spelling}",
    ):
        abused.refused(abused.get(target), 404)
    abused.refused(abused.send_json("PATCH", f"{abused.messages}/{spelling}", {"body": "x"}), 404)
    abused.refused(abused.send("DELETE", f"{abused.messages}/{spelling}"), 404)


@pytest.mark.parametrize(
    "target",
    [
        "/%2f..%2f",
        "/..%2fapplications",
        "//",
        "//{messages}",
        "/{messages}/",
        "{application}//chats",
        "{application}%2fchats",
        "{application}/./chats",
        "{application}/x/../chats",
        "/%00",
        "/%ff",
        "/%",
        "/%zz",
        "{messages}/1/",
        "/x{long}",
        "{messages}?{long}",
        "{messages}#x",
        "*",
    ],
)
def test_x12_other_addresses(abused: Abused, target: str) -> None:
    names = {"application": abused.application, "messages": abused.messages, "long": "x" * 9_000}
    for method in ("GET", "DELETE"):
        answer = abused.send(method, target.format(**names))
        assert 400 <= answer.status < 500, answer


def test_x25_where_a_request_says_it_comes_from_means_nothing(abused: Abused) -> None:
    plain, forged = (abused.get(f"{abused.messages}?limit=1", *headers) for headers in ([], FORGED))
    assert (forged.status, forged.body) == (plain.status, plain.body)
    made = exchange(
        abused.port,
        request(
            abused.chats, "POST", *FORGED, "Content-Type: application/json", body=b"{}", host="evil.example"
        ),
    )
    assert made.status == 201
    assert made.headers["location"].startswith("/applications/")
    assert not [value for value in made.headers.values() if "evil" in value]
    absolute = abused.get(f"http://evil.example{abused.chat}")
    assert (absolute.status, b"evil" in absolute.body) == (200, False)


@pytest.mark.parametrize("hosts", [[], ["a", "b"], ["a/b"], ["a b"], ["user@a"]], ids=str)
def test_x25_there_is_one_host(abused: Abused, hosts: list[str]) -> None:
    data = request(abused.chat, "GET", *(f"Host: {host}" for host in hosts), host=None)
    assert exchange(abused.port, data).status == 400
