"""Search: literal text in the bodies of one chat."""

import asyncio
from urllib.parse import quote

import pytest
from falcon.testing import ASGIConductor

from projections.readmodel.errors import NotThere, ReadModelUnavailable, WrongFormat
from tests.api.queries.api import OTHER, TOKEN, Api, fill

SEARCH = f"/applications/{TOKEN}/chats/1/messages/search"


def put(api: Api, *bodies: str) -> None:
    fill(api.tables, chats=2)
    for number, body in enumerate(bodies, 1):
        api.tables.put_message(TOKEN, 1, number, body)


def test_found_with_highlights(api: Api) -> None:
    put(api, "Café au lait, CAFE noir", "tea")

    answer = api.ok(f"{SEARCH}?q=cafe")

    message = api.ok(f"/applications/{TOKEN}/chats/1/messages/1")
    assert answer == {
        "items": [message | {"highlights": [[0, 4], [14, 18]]}],
        "total": 1,
        "next": None,
    }


def test_nothing_found(api: Api) -> None:
    put(api, "tea")

    assert api.ok(f"{SEARCH}?q=coffee") == {"items": [], "total": 0, "next": None}


def test_newest_first_unless_told(api: Api) -> None:
    put(api, "a 1", "b", "a 2", "a 3")

    assert [item["number"] for item in api.ok(f"{SEARCH}?q=a")["items"]] == [4, 3, 1]
    assert [item["number"] for item in api.ok(f"{SEARCH}?q=a&order=asc")["items"]] == [1, 3, 4]


def test_pages_keep_query_and_total(api: Api) -> None:
    put(api, *["C++20 & more"] * 5)

    first = api.ok(f"{SEARCH}?q=c%2B%2B20+%26&limit=2")

    assert first["next"] == f"{SEARCH}?q=c%2B%2B20%20%26&limit=2&before=4"
    pages = api.walk(f"{SEARCH}?q=c%2B%2B20+%26&limit=2")
    assert [[item["number"] for item in page] for page in pages] == [[5, 4], [3, 2], [1]]
    assert first["total"] == api.ok(first["next"])["total"] == 5


@pytest.mark.parametrize(
    "q", ['"quoted"', "a\\b", "<x>", "щ", "🍣", "*a*", "%", "_", "' OR 1=1 --", "a&limit=1"]
)
def test_any_text_is_literal_and_the_link_well_formed(api: Api, q: str) -> None:
    put(api, f"one {q} one", f"two {q} two", "other")

    result = api.get(f"{SEARCH}?limit=1&q={quote(q, safe='')}")

    assert result.json["total"] == 2
    assert result.json["items"][0]["highlights"] == [[4, 4 + len(q)]]
    assert result.headers["link"] == f'<{result.json["next"]}>; rel="next"'
    assert result.json["next"].isascii()
    assert not set(result.json["next"]) & set('"\\<> ')


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("", ["q"]),
        ("?q=", ["q"]),
        ("?q=%20%09", ["q"]),
        ("?q=a%00b", ["q"]),
        ("?q=" + "a" * 201, ["q"]),
        ("?q=%CC%81", ["q"]),
        ("?q=a&q=b", ["q"]),
        ("?query=a", ["q", "query"]),
        ("?q=a&order=recent", ["order"]),
        ("?q=a&limit=0&cursor=x", ["cursor", "limit"]),
    ],
)
def test_queries_that_break_a_rule(api: Api, query: str, wrong: list[str]) -> None:
    put(api, "a")

    assert api.wrong_parameters(SEARCH + query) == wrong


@pytest.mark.parametrize("q", ["%ff", "%", "%zz", "%ed%a0%80"])
def test_queries_that_are_no_text(api: Api, q: str) -> None:
    api.refused(400, f"{SEARCH}?q={q}")


def test_two_hundred_code_points(api: Api) -> None:
    put(api, "🍣" * 200)

    assert api.ok(f"{SEARCH}?q={quote('🍣' * 200)}")["total"] == 1


def test_no_such_chat(api: Api) -> None:
    put(api, "a")

    api.refused(404, f"/applications/{TOKEN}/chats/3/messages/search?q=a")
    api.refused(404, f"/applications/{OTHER}/chats/1/messages/search?q=a")
    assert api.search_reads.asked == []


def test_both_read_models_are_as_fresh_as_asked(api: Api) -> None:
    put(api, "a")

    api.ok(f"{SEARCH}?q=a", Min_Log_Position="4")

    [(tables_position, _)], [(search_position, search_wait)] = api.reads.asked, api.search_reads.asked
    assert tables_position == search_position == 4
    # What the first read took of the time is not there for the second.
    assert 4 < search_wait < 5


def test_an_index_that_trails_what_was_asked_for(api: Api) -> None:
    put(api, "a")
    api.search_reads.failure = NotThere(4, 3)

    assert "Retry-After" in api.get(f"{SEARCH}?q=a", Min_Log_Position="4").headers
    api.refused(503, f"{SEARCH}?q=a", Min_Log_Position="4")


def test_an_index_that_can_not_answer(api: Api) -> None:
    put(api, "a")
    api.search_reads.failure = ReadModelUnavailable("index closed: /data/search.db")

    refusal = api.refused(503, f"{SEARCH}?q=a")

    assert "search.db" not in refusal["detail"]
    api.ok(f"/applications/{TOKEN}/chats/1/messages")


def test_an_index_of_another_version(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    put(api, "a")
    api.search_reads.failure = WrongFormat("search.db has format 9, this program knows 1: upgrade Parley")

    refusal = api.refused(503, f"{SEARCH}?q=a")

    assert "format" not in refusal["detail"]
    assert "Retry-After" in api.get(f"{SEARCH}?q=a").headers
    assert "search.db has format 9" in caplog.text


def test_highlights_that_take_too_long(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    put(api, "a", "a")
    monkeypatch.setattr("queries.http.search.MOST_SECONDS", -1)

    refusal = api.refused(503, f"{SEARCH}?q=a")

    assert "highlight" not in refusal["detail"]
    assert "Retry-After" in api.get(f"{SEARCH}?q=a").headers


def test_one_application_leaves_a_thread_to_the_others(api: Api) -> None:
    put(api, "a")
    fill(api.tables, OTHER, chats=1)

    async def main() -> list[str]:
        running: list[str] = []
        release = asyncio.Event()
        read = api.search_reads.read

        async def slow(*arguments: object) -> object:
            running.append("")
            await release.wait()
            return await read(*arguments)  # type: ignore[arg-type]

        api.search_reads.read = slow  # type: ignore[method-assign,assignment]
        async with ASGIConductor(api.client.app) as conductor:
            mine = [asyncio.create_task(conductor.simulate_get(SEARCH, query_string="q=a")) for _ in range(5)]
            await asyncio.sleep(0.05)
            assert len(running) == 2
            other = asyncio.create_task(
                conductor.simulate_get(SEARCH.replace(TOKEN, OTHER), query_string="q=a")
            )
            await asyncio.sleep(0.05)
            assert len(running) == 3
            release.set()
            results = await asyncio.gather(*mine, other)
        return [result.status for result in results]

    assert asyncio.run(main()) == ["200 OK"] * 6
