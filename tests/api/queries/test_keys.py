"""Who may read what, once an application has had a key."""

import pytest

from tests.api.queries.api import ADMIN_KEY, OTHER, TOKEN, Api, fill
from web.paths import APPLICATION
from web.policy import NEEDS

READS = [
    template.replace("{token:token}", "{token}")
    .replace("{chat:number}", "1")
    .replace("{message:number}", "1")
    for template, method in NEEDS
    if method == "GET" and template.startswith(APPLICATION)
]
MISSING = (f"/applications/{TOKEN}/chats/9", f"/applications/{TOKEN}/chats/1/messages/9/history")


@pytest.fixture
def api() -> Api:
    api = Api(admin_key=ADMIN_KEY)
    for token in (TOKEN, OTHER):
        fill(api.tables, token, chats=1, messages=1)
    return api


def path(template: str, token: str = TOKEN) -> str:
    filled = template.replace("{token}", token)
    return f"{filled}?q=hello" if filled.endswith("search") else filled


def shown(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}".encode().decode("latin-1")}


def test_there_are_reads() -> None:
    assert len(READS) == 8


@pytest.mark.parametrize("template", READS)
def test_open_until_the_first_key_and_never_again(api: Api, template: str) -> None:
    answer = api.ok(path(template))
    key = api.tables.put_key(TOKEN, "write")
    other = api.tables.put_key(OTHER, "write")
    api.tables.drop_key(TOKEN, key.id)
    shown_in_vain = ("", "parley_no", "ключ", key.text, other.text, f"{key.text[:-1]}x")
    first, *more = (api.refused(401, path(template), **shown(text)) for text in shown_in_vain)
    assert more == [first] * len(more)
    assert first == api.refused(401, path(template))
    assert api.get(path(template)).headers["www-authenticate"] == 'Bearer realm="parley"'
    if "keys" not in template:
        assert api.ok(path(template), **shown(ADMIN_KEY)) == answer
    api.refused(422, path(template) + ("&" if "?" in path(template) else "?") + f"key={key.text}")


@pytest.mark.parametrize("template", READS)
def test_a_key_reads_what_its_scope_covers(api: Api, template: str) -> None:
    keys = {scope: api.tables.put_key(TOKEN, scope).text for scope in ("read", "write")}
    for method in ("GET", "HEAD"):
        for scope, key in keys.items():
            may = scope == "write" or not template.endswith("keys")
            status = api.get(path(template), method=method, **shown(key)).status_code
            assert status == (200 if may else 403), (method, scope)


@pytest.mark.parametrize("missing", MISSING)
def test_what_is_missing_is_told_to_those_who_may_read(api: Api, missing: str) -> None:
    api.refused(404, missing)
    key = api.tables.put_key(TOKEN, "read")
    api.refused(401, missing)
    api.refused(404, missing, **shown(key.text))
    nobodys = missing.replace(TOKEN, "C" * 43)
    assert api.refused(404, nobodys) == api.refused(404, nobodys, **shown(key.text))


@pytest.mark.parametrize("template", READS)
def test_keys_that_may_have_changed_let_nobody_in(api: Api, template: str) -> None:
    key = api.tables.put_key(TOKEN, "write")
    api.recent_from = api.tables.position + 1
    for text in (key.text, "parley_no"):
        assert api.get(path(template), **shown(text)).headers["retry-after"] == "1"
        api.refused(503, path(template), **shown(text))
    api.ok(path(template), **shown(ADMIN_KEY))
    api.ok(path(template, OTHER))


def test_keys_are_listed_without_what_could_be_used_as_one(api: Api) -> None:
    made = [api.tables.put_key(TOKEN, scope) for scope in ("write", "read", "read", "write")]
    api.tables.put_key(OTHER, "read")
    api.tables.drop_key(TOKEN, made[1].id)
    authorization = shown(made[0].text)
    url = f"/applications/{TOKEN}/keys"
    page = api.ok(f"{url}?limit=2", **authorization)
    assert [(key["id"], key["scope"]) for key in page["items"]] == [
        (made[0].id, "write"),
        (made[2].id, "read"),
    ]
    assert page["items"][0].keys() == {"id", "scope", "created_at"}
    rest = api.ok(page["next"], **authorization)
    assert ([key["id"] for key in rest["items"]], rest["next"]) == ([made[3].id], None)
    api.refused(400, page["next"].replace(TOKEN, OTHER), **shown(ADMIN_KEY))
    api.refused(
        400, page["next"].replace("/keys", "/chats").replace("limit=2", "order=recent"), **authorization
    )
