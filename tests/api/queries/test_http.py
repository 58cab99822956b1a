"""What holds on every route: HEAD, methods, spellings, unknown paths."""

import pytest

from queries.http.app import ROUTES
from tests.api.queries.api import OTHER, TOKEN, Api, fill

PATHS = [
    "/applications",
    f"/applications/{TOKEN}",
    f"/applications/{TOKEN}/chats",
    f"/applications/{TOKEN}/chats?order=recent&limit=1",
    f"/applications/{TOKEN}/chats/1",
    f"/applications/{TOKEN}/chats/1/messages?limit=1",
    f"/applications/{TOKEN}/chats/1/messages/1",
    f"/applications/{TOKEN}/chats/1/messages/1/history",
    f"/applications/{TOKEN}/chats/1/messages/search?q=hello",
    "/livez",
    "/readyz",
]
SPELLINGS = ["0", "-1", str(2**63), "9" * 3000, "1_0", "+1", "١", "0001", "1.0", " 1", "1 ", "1e0", ""]


@pytest.mark.parametrize("path", PATHS)
def test_head_is_get_without_the_body(api: Api, path: str) -> None:
    fill(api.tables, chats=2, messages=2)
    got = api.get(path)

    head = api.get(path, method="HEAD")

    assert got.status_code == head.status_code == 200
    assert head.content == b""
    assert head.headers == got.headers
    assert head.headers["content-length"] == str(len(got.content))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["POST", "DELETE", "TRACE"])
def test_other_methods(api: Api, path: str, method: str) -> None:
    refusal = api.get(path, method=method)

    assert refusal.status_code == 405
    assert refusal.headers["allow"] == "GET, HEAD, OPTIONS"
    assert refusal.headers["content-type"] == "application/problem+json"


def test_allow_names_what_the_other_side_serves() -> None:
    api = Api(allowed={**ROUTES, "/applications": ("GET", "POST"), "/elsewhere": ("POST",)})

    assert api.get("/applications", method="PUT").headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert api.get("/elsewhere").headers["allow"] == "OPTIONS, POST"


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/applications/", "/Applications", f"/applications/{TOKEN}/"]
)
def test_unknown_routes(api: Api, path: str) -> None:
    fill(api.tables)

    api.refused(404, path)


@pytest.mark.parametrize("number", SPELLINGS)
def test_a_number_has_one_spelling(api: Api, number: str) -> None:
    """X11."""
    fill(api.tables, chats=1, messages=1)
    chats = f"/applications/{TOKEN}/chats"

    for path in (f"{chats}/{number}", f"{chats}/{number}/messages", f"{chats}/1/messages/{number}"):
        api.refused(404, path)


@pytest.mark.parametrize("token", ["A" * 42, "A" * 44, "A" * 42 + "=", "A" * 42 + "é", "A" * 42 + "'", "me"])
def test_no_other_spelling_of_a_token_is_looked_up(api: Api, token: str) -> None:
    api.refused(404, f"/applications/{token}")
    assert api.reads.asked == []


@pytest.mark.parametrize("path", [path for path in PATHS if "?" not in path])
def test_unknown_parameters(api: Api, path: str) -> None:
    assert "colour" in api.wrong_parameters(f"{path}?colour=red")


def test_another_tenants_things() -> None:
    """X19: what exists for one application leaves no trace in another."""
    path = f"/applications/{OTHER}"
    without, beside = Api(), Api()
    for api in (without, beside):
        fill(api.tables, OTHER, chats=1)
    fill(beside.tables, TOKEN, chats=2, messages=2)

    for rest in (
        "",
        "/chats",
        "/chats?order=recent",
        "/chats/1",
        "/chats/2",
        "/chats/1/messages",
        "/chats/2/messages",
        "/chats/1/messages/1",
        "/chats/1/messages/1/history",
        "/chats/1/messages/search?q=hello",
        "/chats/2/messages/search?q=hello",
    ):
        one, other = without.get(path + rest), beside.get(path + rest)
        assert (one.status_code, one.text, one.headers) == (other.status_code, other.text, other.headers)
