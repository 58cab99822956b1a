"""Hostile texts over a socket, to one process and through a gateway: they are data (X10, X15, X16, X17)."""

import json
from urllib.parse import quote

import pytest

from tests.support.abused import Abused
from tests.support.group import Group

HARD = {
    "emoji": "🍮🦊𝔘𐍈",
    "family": "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽",
    "right to left": "\u202egnp.exe\u202c \u2066x\u2069",
    "marks": "Z" + "\u0301\u0336\u20dd\u0489" * 1000,
    "unassigned": "\ufffe\uffff\U0010ffff\ue000",
    "decomposed": "e\u0301 é \u212b Å",
    "controls": "a\x01\x1b[31m\x7f\x85\r\n\tb\u2028",
    "mark of bytes": "\ufeffx",
}
METACHARACTERS = [
    "'; DROP TABLE events; --",
    '" OR ""="',
    "%' OR '1'='1",
    "\\'; SELECT sleep(9) -- ",
    "%s %(x)s {0} ${x} #{x} ?",
    "1); DELETE FROM messages; /*",
    "`events`",
    "0x27",
    "$ne",
]
SYNTAX = [
    "*",
    "*a*",
    "a*",
    "?",
    "/.*/",
    "/a/",
    '"a b"',
    '"',
    "body:a",
    "a AND b",
    "a OR NOT b",
    "NEAR(a b)",
    "^a",
    "a~2",
    "a^2",
    "[a TO b]",
    "{a TO *}",
    "(a",
    "a && b || !c",
    "\\",
    "_",
    "%",
    "-a",
    "+a",
    "<>",
]
MARKUP = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "</title>&lt;",
]


@pytest.fixture(scope="module")
def abused(door: Group) -> Abused:
    return Abused(door)


def test_x10_hard_texts_come_back_to_the_byte(abused: Abused) -> None:
    chat = abused.new_chat()
    for number, text in enumerate(HARD.values(), 1):
        told = json.loads(
            abused.send_json("POST", f"{chat}/messages", {"body": text, "sender": text[:255]}).body
        )
        assert (told["number"], told["body"], told["sender"]) == (number, text, text[:255])
        assert abused.send_json("PATCH", chat, {"title": text[:255]}).status == 200
        assert abused.read(chat)["title"] == text[:255]
    read = abused.read(f"{chat}/messages")["items"]
    assert [item["body"].encode() for item in read] == [text.encode() for text in HARD.values()]
    assert [item["sender"].encode() for item in read] == [text[:255].encode() for text in HARD.values()]


def test_x15_metacharacters_are_data(abused: Abused) -> None:
    before = abused.read(abused.chat)
    chat = abused.new_chat()
    for text in METACHARACTERS:
        answer = abused.send_json("POST", f"{chat}/messages", {"body": text, "sender": text})
        assert answer.status == 201, answer
        assert abused.send_json("PATCH", chat, {"title": text}).status == 200
        assert abused.send_json("PATCH", abused.application, {"name": text}).status == 200
        abused.refused(abused.get(f"{abused.chats}?limit={quote(text, safe='')}"), 422)
        abused.refused(abused.get(f"{abused.chats}?{quote(text, safe='')}=1"), 422)
        abused.refused(abused.get(f"{abused.chats}?order=recent&cursor={quote(text, safe='')}"), 400)
        abused.refused(abused.get(f"{abused.chats}/{quote(text, safe='')}"), 404)
        abused.refused(abused.get(f"/applications/{quote(text, safe='')}"), 404)
    items = abused.read(f"{chat}/messages")["items"]
    assert [(item["body"], item["sender"]) for item in items] == [(text, text) for text in METACHARACTERS]
    assert abused.read(abused.chat) == before
    for text in METACHARACTERS:
        found = abused.read(f"{chat}/messages/search?q={quote(text, safe='')}")
        assert text in [item["body"] for item in found["items"]]


def test_x16_a_query_means_itself(abused: Abused) -> None:
    chat = abused.new_chat()
    texts = ["a plain b", *(f"x{syntax}y" for syntax in SYNTAX)]
    posted = abused.send_json(
        "POST", f"{chat}/messages/batch", {"messages": [{"body": text} for text in texts]}
    )
    assert posted.status == 201
    for syntax in SYNTAX:
        found = abused.read(f"{chat}/messages/search?limit=100&q={quote(syntax, safe='')}")
        expected = [text for text in reversed(texts) if syntax in text]
        assert [item["body"] for item in found["items"]] == expected, syntax
    one = abused.read(f"{chat}/messages/search?limit=100&q=x")
    assert one["total"] == len(texts) - 1
    # Where a request line may be so long at all.
    abused.refused(abused.get(f"{chat}/messages/search?q={'a' * 4000}"), 422)
    assert abused.get(f"{chat}/messages/search?q={'a' * 10_000}").status == 414


def test_x17_markup_is_never_a_page(abused: Abused) -> None:
    chat = abused.new_chat()
    for markup in MARKUP:
        posted = abused.send_json("POST", f"{chat}/messages", {"body": markup, "sender": markup})
        assert json.loads(posted.body)["body"] == markup
        escaped = quote(markup, safe="")
        for answer in (
            posted,
            abused.get(f"{chat}/messages"),
            abused.get(f"{chat}/messages/search?q={escaped}"),
            abused.get(f"{chat}/messages?{escaped}=1"),
            abused.get(f"{chat}/messages/{escaped}"),
            abused.get(f"/{escaped}"),
            abused.get(f"{chat}/messages", f"Accept: text/html, {markup}"),
            abused.send_json("POST", f"{chat}/messages", {"body": "x", markup: 1}),
        ):
            assert answer.headers["content-type"] in ("application/json", "application/problem+json")
            assert answer.headers["x-content-type-options"] == "nosniff"
            json.loads(answer.body)
