"""Every answer bears the request's id, and one listener hears of each."""

from typing import Any

from falcon import testing

from tests.support.as_servers_ask import as_servers_ask
from web.guard import ASGIApp, Receive, Scope, Send, guard
from web.observing import OTHER, Answer, observing
from web.routing import new_app
from web.trace import Trace, current

ROUTES = {"/things/{n:number}": ("GET",)}


class Thing:
    async def on_get(self, _req: Any, resp: Any, n: int) -> None:
        trace = current.get()
        assert isinstance(trace, Trace)
        resp.media = [n, trace.request_id]


def ask(path: str, method: str = "GET", app: ASGIApp | None = None, **headers: str) -> tuple[Any, Answer]:
    """The answer, and what was told of it."""
    falcon_app = new_app(ROUTES)
    falcon_app.add_route("/things/{n:number}", Thing())
    told: list[Answer] = []
    client = testing.TestClient(as_servers_ask(observing(guard(app or falcon_app, 10), told.append)))
    result = client.simulate_request(method, path, headers=headers)
    [answer] = told
    return result, answer


def test_an_answer() -> None:
    result, answer = ask("/things/7", **{"X-Request-Id": "mine"})
    assert result.headers["x-request-id"] == "mine"
    assert result.json == [7, "mine"]
    assert (answer.method, answer.route, answer.status) == ("GET", "/things/{n:number}", 200)
    assert answer.sent == len(result.content)
    assert answer.trace.request_id == "mine"


def test_refusals_of_the_guard_and_of_the_routes() -> None:
    for path, status in (("/things/%37", 404), ("/things/07", 404)):
        result, answer = ask(path, **{"X-Request-Id": "mine"})
        assert result.headers["x-request-id"] == "mine"
        assert (answer.method, answer.route, answer.status) == ("GET", OTHER, status)


def test_a_method_that_was_made_up_is_not_told() -> None:
    _, answer = ask("/things/7", "TRACE")
    assert answer.method == OTHER


def test_x33_neither_path_nor_query_is_told() -> None:
    _, answer = ask("/things/7?key=secret")
    assert "7" not in answer.route
    assert "secret" not in repr(answer)


def test_a_layer_that_fails_is_a_problem_with_the_id() -> None:
    routes = new_app(ROUTES)

    async def fails(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            raise ZeroDivisionError
        await routes(scope, receive, send)

    result, answer = ask("/things/7", app=fails, **{"X-Request-Id": "mine"})
    assert (result.status_code, answer.status) == (500, 500)
    assert result.headers["x-request-id"] == "mine"
