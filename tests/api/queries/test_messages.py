"""Messages: one under its entity tag, lists by number, the history of one."""

import pytest

from tests.api.queries.api import OTHER, TOKEN, Api, fill

MESSAGES = f"/applications/{TOKEN}/chats/1/messages"
BODY = 'كل شيء 🧑‍🧑‍🧒 \u202eRTL e\u0301 <script>\n"quoted"'


def test_one(api: Api) -> None:
    fill(api.tables, chats=1)
    api.tables.put_message(TOKEN, 1, 1, BODY, "Zoë")

    result = api.get(f"{MESSAGES}/1")

    assert result.json["body"] == BODY
    assert result.json["sender"] == "Zoë"
    assert result.headers["etag"] == '"1"'
    assert result.headers["content-type"] == "application/json"


def test_none(api: Api) -> None:
    fill(api.tables, chats=1, messages=1)

    for path in (
        f"{MESSAGES}/2",
        f"{MESSAGES}/2/history",
        f"/applications/{TOKEN}/chats/2/messages",
        f"/applications/{TOKEN}/chats/2/messages/1",
        f"/applications/{OTHER}/chats/1/messages",
    ):
        api.refused(404, path)


@pytest.mark.parametrize("owner", ["application", "chat"])
def test_gone_with_its_owners(api: Api, owner: str) -> None:
    fill(api.tables, chats=1, messages=1)
    if owner == "chat":
        api.tables.drop_chat(TOKEN, 1)
    else:
        api.tables.drop_application(TOKEN)

    for path in (MESSAGES, f"{MESSAGES}/1", f"{MESSAGES}/1/history", f"{MESSAGES}/search?q=hello"):
        api.refused(404, path)


def test_deleted(api: Api) -> None:
    fill(api.tables, chats=1, messages=3)
    api.tables.drop_message(TOKEN, 1, 2)

    api.refused(404, f"{MESSAGES}/2")
    assert [item["number"] for item in api.ok(MESSAGES)["items"]] == [1, 3]


@pytest.mark.parametrize(
    ("tags", "status"),
    [
        ('"2"', 304),
        ('W/"2"', 304),
        ('"1", "2"', 304),
        ("*", 304),
        ('"1"', 200),
        ('"02"', 200),
    ],
)
def test_if_none_match(api: Api, tags: str, status: int) -> None:
    fill(api.tables, chats=1, messages=1)
    api.tables.put_message(TOKEN, 1, 1, "edited")

    result = api.get(f"{MESSAGES}/1", If_None_Match=tags)

    assert result.status_code == status
    assert result.headers["etag"] == '"2"'
    assert (result.content == b"") == (status == 304)


@pytest.mark.parametrize(("tags", "status"), [('"1"', 200), ("*", 200), ('"2"', 412), ('W/"1"', 412)])
def test_if_match(api: Api, tags: str, status: int) -> None:
    fill(api.tables, chats=1, messages=1)

    assert api.get(f"{MESSAGES}/1", If_Match=tags).status_code == status


@pytest.mark.parametrize("header", ["If_None_Match", "If_Match"])
def test_tags_that_are_none(api: Api, header: str) -> None:
    fill(api.tables, chats=1, messages=1)

    api.refused(400, f"{MESSAGES}/1", **{header: "2"})


def test_no_tag_tells_of_what_is_not_there(api: Api) -> None:
    fill(api.tables, chats=1)

    assert "etag" not in api.get(f"{MESSAGES}/1", If_None_Match="*").headers
    api.refused(404, f"{MESSAGES}/1", If_None_Match="*")


def test_list(api: Api) -> None:
    fill(api.tables, chats=2, messages=3)
    api.tables.put_message(TOKEN, 2, 1)

    assert [item["number"] for item in api.ok(MESSAGES)["items"]] == [1, 2, 3]
    assert [item["number"] for item in api.ok(f"{MESSAGES}?order=desc&limit=2")["items"]] == [3, 2]


def test_messages_have_no_recent_order_and_no_cursor(api: Api) -> None:
    assert api.wrong_parameters(f"{MESSAGES}?order=recent") == ["order"]
    assert api.wrong_parameters(f"{MESSAGES}?cursor=abc") == ["cursor"]


def test_history(api: Api) -> None:
    fill(api.tables, chats=1)
    for body in ("first", "second", "third"):
        api.tables.put_message(TOKEN, 1, 1, body)

    answer = api.ok(f"{MESSAGES}/1/history")

    assert [(item["version"], item["body"]) for item in answer["items"]] == [
        (1, "first"),
        (2, "second"),
        (3, "third"),
    ]
    assert answer["next"] is None


def test_pages_of_a_history(api: Api) -> None:
    fill(api.tables, chats=1)
    for version in range(1, 6):
        api.tables.put_message(TOKEN, 1, 1, f"v{version}")
    history = f"{MESSAGES}/1/history"

    first = api.get(f"{history}?limit=2")

    assert first.json["next"] == f"{history}?limit=2&after=2"
    assert first.headers["link"] == f'<{first.json["next"]}>; rel="next"'
    pages = api.walk(f"{history}?limit=2")
    assert [[item["version"] for item in page] for page in pages] == [[1, 2], [3, 4], [5]]
    assert api.ok(f"{history}?after=5") == {"items": [], "next": None}


def test_a_history_is_never_given_whole(api: Api) -> None:
    fill(api.tables, chats=1)
    for version in range(1, 103):
        api.tables.put_message(TOKEN, 1, 1, f"v{version}")

    assert len(api.ok(f"{MESSAGES}/1/history")["items"]) == 50
    assert [len(page) for page in api.walk(f"{MESSAGES}/1/history?limit=100")] == [100, 2]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "after=-1", "before=3", "order=desc", "cursor=x"])
def test_what_a_history_does_not_know(api: Api, query: str) -> None:
    fill(api.tables, chats=1, messages=1)

    assert api.wrong_parameters(f"{MESSAGES}/1/history?{query}") == [query.partition("=")[0]]
