"""Chats: one by its number, lists by number and by what was written last."""

import pytest

from tests.api.queries.api import OTHER, TOKEN, Api, fill

CHATS = f"/applications/{TOKEN}/chats"


def numbers(answer: dict[str, list[dict[str, int]]]) -> list[int]:
    return [item["number"] for item in answer["items"]]


def test_one(api: Api) -> None:
    api.tables.put_application(TOKEN)
    api.tables.put_chat(TOKEN, 1, "مرحبا 🍣")
    api.tables.put_message(TOKEN, 1, 1)

    answer = api.ok(f"{CHATS}/1")

    assert answer["number"] == 1
    assert answer["title"] == "مرحبا 🍣"
    assert answer["messages_count"] == 1


def test_none(api: Api) -> None:
    fill(api.tables, chats=1)

    api.refused(404, f"{CHATS}/2")
    api.refused(404, f"/applications/{OTHER}/chats/1")
    api.refused(404, f"/applications/{OTHER}/chats")
    api.refused(404, f"/applications/{OTHER}/chats?order=recent")


def test_gone_with_its_application(api: Api) -> None:
    fill(api.tables, chats=1)
    api.tables.drop_application(TOKEN)

    api.refused(404, f"{CHATS}/1")
    api.refused(404, CHATS)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [1, 2, 3, 4, 5]),
        ("?order=asc", [1, 2, 3, 4, 5]),
        ("?order=desc", [5, 4, 3, 2, 1]),
        ("?after=2", [3, 4, 5]),
        ("?before=3", [1, 2]),
        ("?after=1&before=5&order=desc", [4, 3, 2]),
        ("?after=4&before=2", []),
        ("?after=0", [1, 2, 3, 4, 5]),
        ("?after=999999999999999999", []),
        ("?limit=1", [1]),
    ],
)
def test_by_number(api: Api, query: str, expected: list[int]) -> None:
    fill(api.tables, chats=5)

    assert numbers(api.ok(CHATS + query)) == expected


def test_fifty_unless_told(api: Api) -> None:
    fill(api.tables, chats=101)

    assert len(api.ok(CHATS)["items"]) == 50
    assert len(api.ok(f"{CHATS}?limit=100")["items"]) == 100


def test_next_keeps_the_other_parameters(api: Api) -> None:
    fill(api.tables, chats=5)

    result = api.get(f"{CHATS}?order=desc&after=1&limit=2&min_position=3")

    following = f"{CHATS}?order=desc&after=1&limit=2&min_position=3&before=4"
    assert result.json["next"] == following
    assert result.headers["link"] == f'<{following}>; rel="next"'


def test_the_last_page_has_no_next(api: Api) -> None:
    fill(api.tables, chats=2)

    result = api.get(f"{CHATS}?limit=2")

    assert result.json["next"] is None
    assert "link" not in result.headers


def test_recent_first_then_the_silent_ones(api: Api) -> None:
    fill(api.tables, chats=5)
    for chat in (2, 5, 3):
        api.tables.put_message(TOKEN, chat, 1)

    pages = api.walk(f"{CHATS}?order=recent&limit=2")

    assert [[item["number"] for item in page] for page in pages] == [[3, 5], [2, 1], [4]]


def test_recent_keeps_the_other_parameters(api: Api) -> None:
    fill(api.tables, chats=3)

    following = api.ok(f"{CHATS}?order=recent&limit=2")["next"]

    assert following.startswith(f"{CHATS}?order=recent&limit=2&cursor=")


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("limit=0", ["limit"]),
        ("limit=101", ["limit"]),
        ("limit=", ["limit"]),
        ("limit=05", ["limit"]),
        ("limit=%D9%A1", ["limit"]),
        ("limit=1&limit=2", ["limit"]),
        ("after=-1", ["after"]),
        ("after=1.0", ["after"]),
        ("before=1000000000000000000", ["before"]),
        ("order=ASC", ["order"]),
        ("order=newest", ["order"]),
        ("sort=asc&page=2", ["page", "sort"]),
        ("limit=x&after=y&colour=red", ["after", "colour", "limit"]),
        ("cursor=abc", ["cursor"]),
        ("order=desc&cursor=abc", ["cursor"]),
        ("order=recent&after=1", ["after"]),
        ("order=recent&before=1&cursor=abc", ["before"]),
        ("min_position=-1", ["min_position"]),
        ("%00=1", ["\0"]),
    ],
)
def test_parameters_that_break_a_rule(api: Api, query: str, wrong: list[str]) -> None:
    fill(api.tables, chats=1)

    assert api.wrong_parameters(f"{CHATS}?{query}") == wrong
    assert api.reads.asked == []
