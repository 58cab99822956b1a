"""Search against a plain scan: real texts through the API, random pieces of them and of all Unicode."""

import asyncio
import random
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projections.readmodel.highlights import highlights
from projections.readmodel.norm import norm
from tests.support.client import AnyClient
from tests.support.fortunes import FOLDERS, fortunes
from tests.support.group import ALONE, CLUSTER, Group
from tests.support.walk import new_application, new_chat

POSTERS = 32
HARD = [
    "%",
    "_",
    "*",
    '"',
    "'",
    "\\",
    '"a" OR "b"',
    "/.*/",
    "a*",
    "NEAR(",
    "C++",
    "foo.png",
    "ß",
    "İ",
    "ﬁ",
    "한",
    "👩‍👩‍👧",
]


async def load(door: Group, texts: Iterable[str]) -> tuple[str, dict[int, str]]:
    """The path of a new chat that holds the texts, and which number each has got."""
    left = iter(texts)
    bodies: dict[int, str] = {}
    async with door.client() as client:
        chat = await new_chat(client, await new_application(client))

    async def post() -> None:
        async with door.client() as client:
            for text in left:
                answer = await client.post(f"{chat}/messages", {"body": text})
                assert answer.status == 201, answer
                bodies[answer.json()["number"]] = text

    await asyncio.gather(*[post() for _ in range(POSTERS)])
    return chat, bodies


async def search(client: AnyClient, chat: str, q: str, pages: int) -> tuple[int, list[dict[str, Any]], bool]:
    """The total, the items of the first pages, and whether those were all."""
    following: str | None = f"{chat}/messages/search?limit=100&q={quote(q, safe='')}"
    total, items = 0, []
    for _ in range(pages):
        assert following is not None
        answer = await client.get(following)
        assert answer.status == 200, (q, answer)
        page = answer.json()
        total, following = page["total"], page["next"]
        items += page["items"]
        if following is None:
            break
    return total, items, following is None


def assert_found(
    q: str, folded: dict[int, str], bodies: dict[int, str], found: tuple[int, list[dict[str, Any]], bool]
) -> None:
    needle = norm(q)
    expected = [number for number, text in folded.items() if needle in text]
    total, items, complete = found
    assert total == len(expected), q
    assert [item["number"] for item in items] == expected[: len(items)], q
    assert complete == (len(items) == len(expected)), q
    for item in items:
        assert item["body"] == bodies[item["number"]]
        assert [tuple(place) for place in item["highlights"]] == highlights(item["body"], q) != []


def newest_first(bodies: dict[int, str]) -> dict[int, str]:
    return {number: norm(bodies[number]) for number in sorted(bodies, reverse=True)}


CASES = [
    *((ALONE, 200, package) for package in FOLDERS),
    (CLUSTER, 200, "fortunes"),
    *(
        pytest.param(door, 2000, package, marks=pytest.mark.long)
        for door in (ALONE, CLUSTER)
        for package in FOLDERS
    ),
]


@pytest.mark.parametrize(
    ("door", "queries", "package"),
    CASES,
    indirect=["door"],
    ids=lambda value: str(value[0] if isinstance(value, tuple) else value),
)
def test_random_pieces_of_real_texts(door: Group, queries: int, package: str) -> None:
    chance = random.Random(queries)
    texts = fortunes(package)

    async def scenario() -> None:
        chat, bodies = await load(door, texts if queries > 1000 else chance.sample(texts, 3000))
        folded = newest_first(bodies)
        pieces = list(bodies.values())
        async with door.client() as client:
            for turn in range(queries):
                text = chance.choice(pieces)
                start = chance.randrange(len(text))
                q = HARD[turn] if turn < len(HARD) else text[start : start + chance.randint(1, 20)]
                if norm(q) and not q.isspace():
                    assert_found(q, folded, bodies, await search(client, chat, q, pages=3))

    asyncio.run(scenario())


LETTERS = st.one_of(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    st.sampled_from(
        list("aeßİıǰﬃΣςAa e\u0301\u0300\u0323\u3099\u1100\u1161\u11a8각ｶﾞ日本%_*\"'\\👩‍👩‍👧ÅÅΩ\u0958नि")
    ),
)
TEXTS = st.text(LETTERS, min_size=1, max_size=30).filter(lambda text: not text.isspace())


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_pieces_of_all_unicode(door: Group, data: st.DataObject) -> None:
    texts = data.draw(st.lists(TEXTS, min_size=5, max_size=20))
    pieces = st.sampled_from(texts).flatmap(
        lambda text: st.tuples(st.integers(0, len(text)), st.integers(1, 20)).map(
            lambda cut: text[cut[0] : cut[0] + cut[1]]
        )
    )
    queries = data.draw(st.lists(st.one_of(pieces, TEXTS), min_size=5, max_size=20))

    async def scenario() -> None:
        chat, bodies = await load(door, texts)
        folded = newest_first(bodies)
        async with door.client() as client:
            for q in queries:
                if q and not q.isspace() and norm(q):
                    assert_found(q, folded, bodies, await search(client, chat, q, pages=1))

    asyncio.run(scenario())
