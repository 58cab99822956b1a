"""Path fields have one spelling."""

import falcon.asgi
import falcon.testing
import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.converters import Number, Token
from web.routing import new_app


@given(st.integers(1, 10**18 - 1))
def test_a_number_in_its_one_spelling(number: int) -> None:
    assert Number().convert(str(number)) == number


@pytest.mark.parametrize(
    "spelling",
    ["", "0", "-1", str(2**63), "9" * 3000, "1_0", "+1", "١", "0001", "1.0", " 1", "1 ", "1\n", "1e1", "0x1"],
)
def test_x11_other_spellings(spelling: str) -> None:
    assert Number().convert(spelling) is None


@given(st.text())
def test_whatever_is_a_number_is_spelled_like_one(text: str) -> None:
    number = Number().convert(text)
    assert number is None or str(number) == text


@given(st.from_regex("[A-Za-z0-9_-]{43}", fullmatch=True))
def test_tokens(token: str) -> None:
    assert Token().convert(token) == token


@pytest.mark.parametrize("token", ["", "a" * 42, "a" * 44, "a" * 42 + "+", "a" * 42 + "é", "a" * 43 + "\n"])
def test_what_is_no_token(token: str) -> None:
    assert Token().convert(token) is None


class Thing:
    async def on_get(
        self, _: falcon.asgi.Request, resp: falcon.asgi.Response, token: str, number: int
    ) -> None:
        resp.text = f"{token} {number}"


def test_in_routes() -> None:
    app = new_app({})
    app.add_route("/things/{token:token}/{number:number}", Thing())
    client = falcon.testing.TestClient(app)
    assert client.simulate_get(f"/things/{'a' * 43}/7").text == f"{'a' * 43} 7"
    assert client.simulate_get(f"/things/{'a' * 43}/07").status_code == 404
    assert client.simulate_get("/things/a/7").status_code == 404
