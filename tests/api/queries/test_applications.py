"""Applications: one by its token, all for the admin."""

import pytest

from tests.api.queries.api import ADMIN_KEY, OTHER, TOKEN, Api

TOKENS = [letter * 43 for letter in "abcde"]


def test_one(api: Api) -> None:
    api.tables.put_application(TOKEN, "Support")
    api.tables.put_chat(TOKEN, 1)

    answer = api.ok(f"/applications/{TOKEN}")

    assert answer["token"] == TOKEN
    assert answer["name"] == "Support"
    assert answer["chats_count"] == 1


def test_none(api: Api) -> None:
    api.refused(404, f"/applications/{OTHER}")


def test_deleted(api: Api) -> None:
    api.tables.put_application(TOKEN)
    api.tables.drop_application(TOKEN)

    api.refused(404, f"/applications/{TOKEN}")


def test_no_other_parameter(api: Api) -> None:
    assert api.wrong_parameters(f"/applications/{TOKEN}?key=secret") == ["key"]


def test_all_in_the_order_of_creation(api: Api) -> None:
    for token in TOKENS:
        api.tables.put_application(token)

    pages = api.walk("/applications?limit=2")

    assert [[item["token"] for item in page] for page in pages] == [TOKENS[:2], TOKENS[2:4], TOKENS[4:]]


def test_none_yet(api: Api) -> None:
    assert api.ok("/applications") == {"items": [], "next": None}


@pytest.mark.parametrize("parameter", ["after", "before", "order"])
def test_cursor_is_the_only_place(api: Api, parameter: str) -> None:
    assert api.wrong_parameters(f"/applications?{parameter}=1") == [parameter]


def test_the_admin_may() -> None:
    guarded = Api(admin_key=ADMIN_KEY)

    assert guarded.ok("/applications", Authorization=f"Bearer {ADMIN_KEY}")["items"] == []
    assert guarded.ok("/applications", Authorization=f"bearer {ADMIN_KEY}")["items"] == []


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Bearer wrong", f"Basic {ADMIN_KEY}", ADMIN_KEY]
)
def test_nobody_else_may(authorization: str | None) -> None:
    guarded = Api(admin_key=ADMIN_KEY)
    headers = {} if authorization is None else {"Authorization": authorization}

    refusal = guarded.get("/applications?limit=nonsense", **headers)

    # The same answer to all, and before anything else is looked at.
    assert refusal.status_code == 401
    assert refusal.headers["www-authenticate"].startswith("Bearer")
    assert refusal.text == guarded.get("/applications").text
    assert guarded.reads.asked == []


@pytest.mark.parametrize("key", ["clé à 🗝", "a b"])
def test_the_key_may_be_any_text(key: str) -> None:
    guarded = Api(admin_key=key)
    as_sent = key.encode().decode("latin-1")

    guarded.ok("/applications", Authorization=f"Bearer {as_sent}")
    guarded.refused(401, "/applications", Authorization=f"Bearer {as_sent}x")


def test_one_application_needs_no_admin() -> None:
    guarded = Api(admin_key=ADMIN_KEY)
    guarded.tables.put_application(TOKEN)

    guarded.ok(f"/applications/{TOKEN}")
