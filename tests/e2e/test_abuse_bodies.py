"""Hostile bodies over a socket, to one process and through a gateway: X05 to X09, X13 to X15, X30."""

import json
from collections.abc import Iterator

import pytest

from tests.support.abused import JSON, Abused
from tests.support.group import Group

DEEP = 100_000


@pytest.fixture(scope="module")
def abused(door: Group) -> Iterator[Abused]:
    target = Abused(door)
    yield target
    # Whatever came, nothing of it was taken.
    assert target.bodies() == ["hello"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"body":"\xff"}',
        b'{"body":"\xed\xa0\x80"}',
        '{"body":"x"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"body":"x"}',
    ],
    ids=["invalid", "a surrogate's bytes", "UTF-16", "byte order mark"],
)
def test_x05_what_is_not_utf_8(abused: Abused, body: bytes) -> None:
    abused.refused(abused.post(body), 400)


def test_x06_nul_in_a_body(abused: Abused) -> None:
    abused.refused(abused.post(b'{"body":"a\\u0000b"}'), 422)
    abused.refused(abused.post(b'{"body":"a\0b"}'), 400)
    abused.refused(abused.post(b'{"body":"x","a\\u0000":1}'), 422)


@pytest.mark.parametrize("escape", [r"\ud800", r"\udfff", r"\ud83d x", r"\udc00\ud800"])
def test_x07_lone_surrogates(abused: Abused, escape: str) -> None:
    abused.refused(abused.post(f'{{"body":"{escape}"}}'.encode()), 422)
    abused.refused(abused.post(f'{{"body":"x","{escape}":1}}'.encode()), 422)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * DEEP,
        b'{"body":' * (DEEP // 4),
        b"[" * DEEP + b"]" * DEEP,
        b'{"body":"x","y":' + b"[" * DEEP + b"]" * DEEP + b"}",
        json.dumps({str(number): 0 for number in range(DEEP)}).encode(),
        json.dumps({"body": "x", **{f"{number:x}": 0 for number in range(20_000)}}).encode(),
        json.dumps({"x" * 1_000_000: 0}).encode(),
        json.dumps({"body": "x", "y" * 200_000: 0}).encode(),
        b'{"body":"x","body":"y"}',
    ],
    ids=[
        "deep",
        "deep objects",
        "closed",
        "below",
        "keys",
        "fewer keys",
        "long key",
        "shorter key",
        "doubled",
    ],
)
def test_x08_endless_and_doubled(abused: Abused, body: bytes) -> None:
    abused.refused(abused.post(body), 400, 413, 422)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b'{"messages":[%s0]}' % (b"0," * 400_000), 400, id="numbers"),
        pytest.param(b'{"messages":[%s0]}' % (b"0," * 4_000), 422, id="fewer numbers"),
        pytest.param(b'[%s"\\u0041"]' % (b"0," * 2_000_000), 400, id="an escape"),
        pytest.param(
            json.dumps({"messages": [dict.fromkeys(map(str, range(DEEP)))]}).encode(), 400, id="keys"
        ),
        pytest.param(
            json.dumps({"messages": [dict.fromkeys(map(str, range(4_000)))]}).encode(), 422, id="fewer keys"
        ),
    ],
)
def test_x08_endless_batches(abused: Abused, body: bytes, status: int) -> None:
    abused.refused(abused.send("POST", f"{abused.messages}/batch", JSON, body=body), status)


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "9" * 5_000, str(2**64), "true", "1", "0.1"]
)
def test_x09_numbers_that_are_none(abused: Abused, value: str) -> None:
    abused.refused(abused.post(f'{{"body":{value}}}'.encode()), 400, 422)


@pytest.mark.parametrize(
    "line",
    [
        None,
        "Content-Type: text/plain",
        "Content-Type: application/x-www-form-urlencoded",
        "Content-Type: multipart/form-data; boundary=x",
        "Content-Type: application/json; charset=utf-16",
        "Content-Type: application/jsonp",
        "Content-Type: */*",
        "Content-Type:",
    ],
)
def test_x13_bodies_of_another_type(abused: Abused, line: str | None) -> None:
    abused.refused(abused.send("POST", abused.messages, *([line] if line else []), body=b'{"body":"x"}'), 415)


@pytest.mark.parametrize(
    "name",
    [
        "number",
        "version",
        "token",
        "chat",
        "created_at",
        "updated_at",
        "id",
        "__class__",
        "__proto__",
        "Body",
        "sender ",
    ],
)
def test_x14_fields_that_are_not_the_clients(abused: Abused, name: str) -> None:
    answer = abused.post(json.dumps({"body": "x", name: 1}).encode())
    abused.refused(answer, 422)
    assert [error["pointer"] for error in json.loads(answer.body)["errors"]] == [f"/{name}"]


@pytest.mark.parametrize("value", [{"$ne": ""}, ["x"], {"body": "x"}, None, {"__type": "x"}])
def test_x15_objects_where_texts_belong(abused: Abused, value: object) -> None:
    abused.refused(abused.post(json.dumps({"body": value}).encode()), 422)
    abused.refused(abused.send_json("PATCH", abused.application, {"name": value}), 422)
    if value is not None:
        abused.refused(abused.send_json("POST", abused.chats, {"title": value}), 422)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "identity, gzip"])
def test_x30_packed_bodies(abused: Abused, coding: str) -> None:
    bomb = b"\x1f\x8b\x08" + bytes(1000)
    abused.refused(abused.post(bomb, f"Content-Encoding: {coding}"), 415)
