"""Every refusal is a problem, whoever raises it."""

import logging
from typing import Any

import falcon
import falcon.testing
import orjson
import pytest

from web.problem import MAX_ERRORS, MAX_TEXT, Problem, allow_header, document, pointer, problem_response
from web.routing import add_elsewhere, new_app

ALLOWED = {
    "/things": ("GET", "POST"),
    "/things/{number:number}": ("GET", "PATCH"),
    "/others": ("POST",),
}


class Things:
    async def on_get(self, _: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.data = b'{"items":[]}'
        resp.content_type = "application/json"


class Thing:
    async def on_get(self, _req: falcon.asgi.Request, _resp: falcon.asgi.Response, number: int) -> None:
        if number == 1:
            raise ZeroDivisionError("the driver said: secret")
        if number == 2:
            raise Problem(
                422,
                errors=[{"pointer": pointer("a/b", 0, "~"), "detail": "wrong"}],
                headers={"Retry-After": "1"},
            )
        if number == 3:
            raise falcon.HTTPContentTooLarge()
        raise falcon.HTTPUnsupportedMediaType(description="as falcon says")


@pytest.fixture
def client() -> falcon.testing.TestClient:
    app = new_app(ALLOWED)
    app.add_route("/things", Things())
    app.add_route("/things/{number:number}", Thing())
    add_elsewhere(app, ALLOWED)
    return falcon.testing.TestClient(app)


def problem(result: Any, status: int) -> dict[str, Any]:
    assert result.status_code == status
    assert result.headers["content-type"] == "application/problem+json"
    answer: dict[str, Any] = result.json
    assert answer["status"] == status
    assert {"type", "title", "detail"} <= answer.keys()
    return answer


def test_unknown_route(client: falcon.testing.TestClient) -> None:
    assert problem(client.simulate_get("/nowhere"), 404)["type"] == "/docs/problems/not-found"


@pytest.mark.parametrize("method", ["POST", "DELETE", "TRACE", "LOCK"])
def test_a_method_that_this_app_lacks(client: falcon.testing.TestClient, method: str) -> None:
    result = client.simulate_request(method, "/things")
    problem(result, 405)
    assert result.headers["allow"] == "GET, HEAD, OPTIONS, POST"


def test_a_route_that_only_the_other_app_serves(client: falcon.testing.TestClient) -> None:
    result = client.simulate_get("/others")
    problem(result, 405)
    assert result.headers["allow"] == "OPTIONS, POST"


def test_x29_an_unheard_of_method(client: falcon.testing.TestClient) -> None:
    problem(client.simulate_request("FOO", "/things"), 400)


def test_options(client: falcon.testing.TestClient) -> None:
    result = client.simulate_options("/others")
    assert (result.status_code, result.headers["allow"]) == (204, "OPTIONS, POST")
    assert not [name for name in result.headers if name.startswith("access-control")]


def test_head_works_wherever_get_does(client: falcon.testing.TestClient) -> None:
    head, get = client.simulate_head("/things"), client.simulate_get("/things")
    assert head.status_code == 200
    assert head.headers == get.headers
    assert head.content == b""
    assert client.simulate_head("/others").status_code == 405


def test_an_unexpected_error_is_logged_once_and_says_nothing(
    client: falcon.testing.TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        result = client.simulate_get("/things/1")
    problem(result, 500)
    assert "secret" not in result.text
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "ZeroDivisionError" in caplog.text
    assert "/things/{number:number}" in caplog.text
    assert "/things/1" not in caplog.text


def test_errors_and_headers_of_a_problem(client: falcon.testing.TestClient) -> None:
    result = client.simulate_get("/things/2")
    assert problem(result, 422)["errors"] == [{"pointer": "/a~1b/0/~0", "detail": "wrong"}]
    assert result.headers["retry-after"] == "1"


def test_falcons_own_errors(client: falcon.testing.TestClient) -> None:
    problem(client.simulate_get("/things/3"), 413)
    assert problem(client.simulate_get("/things/4"), 415)["detail"] == "as falcon says"


def test_what_a_client_made_endless_is_cut() -> None:
    errors = [{"pointer": "/" + "x" * 10_000, "detail": "\ud800"}] * 10_000
    answer = orjson.loads(document(422, "y" * 10_000, errors))
    assert len(answer["errors"]) == MAX_ERRORS
    assert len(answer["detail"]) == len(answer["errors"][0]["pointer"]) == MAX_TEXT
    assert answer["errors"][0]["detail"] == "\\ud800"


def test_a_status_that_is_not_listed() -> None:
    assert orjson.loads(document(418)) == {
        "type": "about:blank",
        "title": "I'm a Teapot",
        "status": 418,
        "detail": "I'm a Teapot",
    }


def test_the_answer_outside_of_falcon() -> None:
    headers, body = problem_response(400, "no", headers=[(b"connection", b"close")])
    assert dict(headers)[b"content-length"] == str(len(body)).encode()
    assert dict(headers)[b"content-type"] == b"application/problem+json"
    assert dict(headers)[b"connection"] == b"close"


def test_allow() -> None:
    assert allow_header(["POST", "GET"]) == "GET, HEAD, OPTIONS, POST"


def test_a_problem_in_a_log_says_what_it_is() -> None:
    assert str(Problem(400, "no")) == "400 no"
    assert str(Problem(404)) == "404"


def test_a_problem_is_not_said_to_be_what_was_to_be_answered() -> None:
    """A compressed document that turns out not to be wanted: its headers don't hold for the problem."""

    class Packed:
        async def on_get(self, _: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
            resp.set_headers(
                {"Content-Encoding": "gzip", "ETag": '"1"', "Cache-Control": "public, max-age=9"}
            )
            raise Problem(412)

    app = new_app({"/packed": ("GET",)})
    app.add_route("/packed", Packed())
    answer = falcon.testing.TestClient(app).simulate_get("/packed")
    assert answer.status_code == 412
    assert not {"content-encoding", "etag", "cache-control"} & answer.headers.keys()
