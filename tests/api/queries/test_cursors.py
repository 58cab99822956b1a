"""X22: a cursor is good for the list that gave it, unchanged, and for nothing else."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.api.queries.api import OTHER, TOKEN, Api, fill

RECENT = f"/applications/{TOKEN}/chats?order=recent"


def cursor_of(path: str) -> str:
    [cursor] = parse_qs(urlsplit(path).query)["cursor"]
    return cursor


@pytest.fixture
def recent(api: Api) -> str:
    fill(api.tables, TOKEN, chats=3)
    fill(api.tables, OTHER, chats=3)
    return cursor_of(api.ok(f"{RECENT}&limit=1")["next"])


def test_x22_good_for_its_list(api: Api, recent: str) -> None:
    assert [item["number"] for item in api.ok(f"{RECENT}&cursor={recent}")["items"]] == [2, 3]
    assert [item["number"] for item in api.ok(f"{RECENT}&cursor={recent}&limit=1")["items"]] == [2]


def test_x22_not_for_another_tenant(api: Api, recent: str) -> None:
    api.refused(400, f"/applications/{OTHER}/chats?order=recent&cursor={recent}")


def test_x22_not_for_another_route(api: Api, recent: str) -> None:
    applications = cursor_of(api.ok("/applications?limit=1")["next"])

    api.refused(400, f"/applications?cursor={recent}")
    api.refused(400, f"{RECENT}&cursor={applications}")


def test_x22_not_under_another_secret(recent: str) -> None:
    api = Api(secret=b"t" * 32)
    fill(api.tables, chats=3)

    api.refused(400, f"{RECENT}&cursor={recent}")


def test_x22_no_character_can_be_changed(api: Api, recent: str) -> None:
    for at, char in enumerate(recent):
        forged = recent[:at] + ("A" if char != "A" else "B") + recent[at + 1 :]
        api.refused(400, f"{RECENT}&cursor={forged}")


@pytest.mark.parametrize("change", ["{}A", "{}%3D", "%20{}", "{}%0A", "{}.", "x", "-", "%C3%A9", "A" * 9000])
def test_x22_no_other_spelling(api: Api, recent: str, change: str) -> None:
    api.refused(400, f"{RECENT}&cursor={change.format(recent)}")


@pytest.mark.parametrize("cursor", ["", "%20", "%09%20", "%00", "%00{}", "{}%00"])
def test_x22_empty_and_blank_ones_are_refused_like_any_other(api: Api, recent: str, cursor: str) -> None:
    api.refused(400, f"{RECENT}&cursor={cursor.format(recent)}")
    api.refused(400, f"/applications?cursor={cursor.format(recent)}")
