"""What the layers around Falcon learn from its routes."""

from typing import Any

from falcon import testing

from web.guard import ASGIApp, Receive, Scope, Send
from web.routing import ROUTE, add_elsewhere, new_app

ALLOWED = {"/things/{n:number}": ("GET",), "/others": ("POST",)}


class Thing:
    async def on_get(self, _req: Any, resp: Any, n: int) -> None:
        resp.media = n


def asked(method: str, path: str) -> object:
    """The template that a request leaves in its scope."""
    app = new_app(ALLOWED)
    app.add_route("/things/{n:number}", Thing())
    add_elsewhere(app, ALLOWED)
    seen: list[Scope] = []
    testing.TestClient(_noting(app, seen)).simulate_request(method, path)
    return seen[-1].get(ROUTE)


def _noting(app: ASGIApp, seen: list[Scope]) -> ASGIApp:
    async def noted(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)
        await app(scope, receive, send)

    return noted


def test_the_template_is_left_in_the_scope_whatever_the_answer_is() -> None:
    assert asked("GET", "/things/12") == "/things/{n:number}"
    assert asked("HEAD", "/things/12") == "/things/{n:number}"
    assert asked("DELETE", "/things/12") == "/things/{n:number}"
    assert asked("GET", "/others") == "/others"


def test_nothing_is_left_where_nothing_is() -> None:
    assert asked("GET", "/things/012") is None
    assert asked("GET", "/nothing") is None
