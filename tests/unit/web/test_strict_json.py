"""Strict JSON: one text, one meaning."""

import contextlib
import json
from typing import Any

import falcon.asgi
import falcon.testing
import pytest
from hypothesis import given
from hypothesis import strategies as st

from web import strict_json
from web.problem import Problem
from web.routing import new_app

INTEGERS = st.integers(min_value=-(10**19 - 1), max_value=10**19 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
)


def refused(raw: bytes) -> Problem:
    with pytest.raises(Problem) as caught:
        strict_json.loads(raw)
    return caught.value


@given(VALUES, st.booleans(), st.sampled_from([None, 2]))
def test_agrees_with_the_standard_library(value: Any, ascii_only: bool, indent: int | None) -> None:
    raw = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    assert strict_json.loads(raw) == value


@given(VALUES)
def test_what_goes_out_comes_in(value: Any) -> None:
    try:
        raw = strict_json.dumps(value)
    except TypeError:
        return  # orjson writes no integers beyond 64 bits
    assert strict_json.loads(raw) == value


@given(st.binary() | st.text('[]{}",:0123456789eE+-.\\u dtrue\0').map(str.encode))
def test_any_bytes_are_a_value_or_a_refusal(raw: bytes) -> None:
    with contextlib.suppress(Problem):
        strict_json.loads(raw)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b'"\xff"', id="X05 not UTF-8"),
        pytest.param('{"a":1}'.encode("utf-16"), id="X05 UTF-16"),
        pytest.param('{"a":1}'.encode("utf-16-le"), id="X05 UTF-16 without mark"),
        pytest.param(b'\xef\xbb\xbf{"a":1}', id="X05 byte order mark"),
        pytest.param(b'"\xed\xa0\x80"', id="X07 raw surrogate"),
        pytest.param(b"[" * 100_000, id="X08 deep list"),
        pytest.param(b'{"a":' * 100_000, id="X08 deep object"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="X08 deep and closed"),
        pytest.param(b'{"a":1,"a":2}', id="X08 doubled key"),
        pytest.param(b'[{"b":{"a":1,"\\u0061":1}}]', id="X08 doubled key by an escape"),
        pytest.param(b"NaN", id="X09 NaN"),
        pytest.param(b"[-Infinity]", id="X09 Infinity"),
        pytest.param(b"1e400", id="X09 1e400"),
        pytest.param(b"-1e400", id="X09 -1e400"),
        pytest.param(b"1." + b"0" * 250_000, id="X09 endless fraction"),
        pytest.param(b"9" * 5_000, id="X09 5,000 digits"),
        pytest.param(b"-" + b"9" * 250_000, id="X09 250,000 digits"),
        pytest.param(str(2**64).encode(), id="X09 2^64"),
        pytest.param(b"", id="empty"),
        pytest.param(b"{} {}", id="two values"),
        pytest.param(b"01", id="leading zero"),
        pytest.param(b"'a'", id="wrong quotes"),
        pytest.param(b'{"a":1,}', id="trailing comma"),
        pytest.param(b'"a\nb"', id="raw control character"),
        pytest.param("\u00a0{}".encode(), id="wrong space"),
    ],
)
def test_refused_as_malformed(raw: bytes) -> None:
    assert refused(raw).status == 400


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        pytest.param(rb'{"body":"\ud83c"}', "/body", id="X07 lone high"),
        pytest.param(rb'{"body":["a","\udf63 x"]}', "/body/1", id="X07 lone low"),
        pytest.param(rb'{"\udf63\ud83c":1}', "/\udf63\ud83c", id="X07 in a name, wrong way round"),
        pytest.param(rb'{"a":{"body":"\u0000"}}', "/a/body", id="X06 NUL"),
        pytest.param(rb'"\u0000"', "", id="X06 NUL at the top"),
    ],
)
def test_strings_that_no_rule_allows(raw: bytes, pointer: str) -> None:
    problem = refused(raw)
    assert problem.status == 422
    assert [error["pointer"] for error in problem.errors] == [pointer]


def test_escapes_that_are_fine() -> None:
    assert strict_json.loads(rb'["\ud83c\udf63", "\\ud800", "\u0001"]') == ["🍣", "\\ud800", "\x01"]


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(rb'["\u0041",' + b"0," * 2_000_000, id="numbers"),
        pytest.param(b"[" + b"null," * 100_000, id="nulls"),
        pytest.param(b"[" + b'"",' * 100_000, id="strings"),
        pytest.param(b"[" + b"[]," * 100_000, id="lists"),
        pytest.param(b"[" + b"{}," * 100_000, id="objects"),
        pytest.param(b"{" + b'"a":0,' * 100_000, id="names"),
    ],
)
def test_x08_too_many_values_are_refused_before_they_are_read(raw: bytes) -> None:
    """Else it would be told of what is wrong at the end, or of the name that comes again."""
    problem = refused(raw)
    assert (problem.status, problem.description) == (
        400,
        "The body holds more values and names than any body here needs.",
    )


def test_x08_a_large_batch_is_not_too_much() -> None:
    text = ',:[{"\\' * 90
    batch = {"messages": [{"body": f"{text}{n}", "sender": text} for n in range(1000)]}
    assert strict_json.loads(json.dumps(batch, indent=1).encode()) == batch


def test_x08_a_string_that_never_ends_is_one_part() -> None:
    assert "Unterminated string" in str(refused(rb'"\",' + rb"\"," * 500_000))


def test_x08_many_keys_and_a_long_one_are_no_trouble() -> None:
    assert len(strict_json.loads(json.dumps({str(n): n for n in range(4_000)}).encode())) == 4_000
    assert refused(b'{"%s":1,"%s":1}' % (b"x" * 1_000_000, b"x" * 1_000_000)).status == 400


class Echo:
    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.data = strict_json.dumps([await strict_json.read_json(req, limit=100)])

    async def on_put(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.data = strict_json.dumps([await strict_json.read_json(req, limit=100, empty={})])


@pytest.fixture(scope="module")
def client() -> falcon.testing.TestClient:
    app = new_app({})
    app.add_route("/", Echo())
    return falcon.testing.TestClient(app)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=UTF-8",
        'application/json;charset="utf-8"',
    ],
)
def test_media_types_that_are_json(client: falcon.testing.TestClient, content_type: str) -> None:
    result = client.simulate_post("/", body=b'{"a":1}', headers={"Content-Type": content_type})
    assert result.json == [{"a": 1}]


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin-1",
        "application/json; profile=x",
        "application/json, application/json",
        "application/merge-patch+json",
    ],
)
def test_x13_other_media_types(client: falcon.testing.TestClient, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    for method in ("POST", "PUT"):
        assert client.simulate_request(method, "/", body=b"{}", headers=headers).status_code == 415


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip"])
def test_x30_encoded_bodies(client: falcon.testing.TestClient, encoding: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    assert client.simulate_post("/", body=b"{}", headers=headers).status_code == 415


def test_identity_is_no_encoding(client: falcon.testing.TestClient) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "identity"}
    assert client.simulate_post("/", body=b"{}", headers=headers).status_code == 200


def test_an_empty_body(client: falcon.testing.TestClient) -> None:
    json_type = {"Content-Type": "application/json"}
    assert client.simulate_put("/").json == [{}]
    assert client.simulate_put("/", headers=json_type).json == [{}]
    assert client.simulate_post("/", headers=json_type).status_code == 400
    assert client.simulate_post("/").status_code == 415


@pytest.mark.parametrize(("size", "status"), [(100, 200), (101, 413)])
def test_the_limit_with_a_length(client: falcon.testing.TestClient, size: int, status: int) -> None:
    body = b'"%s"' % (b"x" * (size - 2))
    result = client.simulate_post("/", body=body, headers={"Content-Type": "application/json"})
    assert result.status_code == status


def request(events: list[dict[str, Any]], headers: list[tuple[bytes, bytes]]) -> falcon.asgi.Request:
    async def receive() -> dict[str, Any]:
        return events.pop(0)

    scope = falcon.testing.create_scope(method="POST")
    scope["headers"] = [(b"content-type", b"application/json"), *headers]
    return falcon.asgi.Request(scope, receive, first_event=events.pop(0))


def part(body: bytes, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def read(req: falcon.asgi.Request) -> Any:
    return falcon.async_to_sync(strict_json.read_json, req, limit=100)


def test_x02_a_body_without_a_length() -> None:
    assert read(request([part(b"[1", True), part(b",2]", False)], [])) == [1, 2]
    with pytest.raises(Problem, match="413"):
        read(request([part(b"[" + b" " * 60, True), part(b" " * 60, True)], []))


def test_a_body_that_breaks_off_is_not_acted_on() -> None:
    events = [part(b"[1, 2]", True), {"type": "http.disconnect"}]
    with pytest.raises(Problem, match="400"):
        read(request(events, [(b"content-length", b"7")]))
