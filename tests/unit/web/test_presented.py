"""As whom a request is counted."""

from typing import Any

import falcon.testing
import pytest

from web.admin import bearer
from web.presented import LONGEST_KEY, Presented, credentials, holder, network, presented

T, U = "t" * 43, "u" * 43


def of(path: str, *authorization: bytes) -> Presented:
    return presented({"path": path, "headers": [(b"authorization", value) for value in authorization]})


def test_a_token_and_a_key_are_two_names() -> None:
    assert of("/applications").names == of("/livez").names == ()
    token, key = of(f"/applications/{T}/chats", b"Bearer secret").names
    assert (token,) == of(f"/applications/{T}").names == of(f"/applications/{T}/chats/1").names
    assert (token,) != of(f"/applications/{U}").names
    assert (key,) == of("/applications", b"Bearer secret").names
    assert T not in str(of(f"/applications/{T}", b"Bearer secret"))
    assert "secret" not in str(of(f"/applications/{T}", b"Bearer secret"))


def test_callers() -> None:
    callers = [
        of(path, *shown).caller
        for path in (f"/applications/{T}", f"/applications/{U}")
        for shown in ((), (b"Bearer k",))
    ]
    assert len({*callers, of("/applications").caller, of("/applications", b"Bearer k").caller}) == 6
    assert of(f"/applications/{T}").caller == holder(T)
    for path in (
        "/docs",
        "/openapi.json",
        "/applications/",
        f"/applications/{T}x",
        "/applications/none",
        "/",
    ):
        assert of(path, b"Bearer k").caller is None


@pytest.mark.parametrize(
    "shown",
    [
        (b"Bearer secret",),
        (b"bEARER   secret\t ",),
        (b"Bearer" + b" " * 5000 + b"secret",),
        (b"Basic secret",),
        (b"Bearer\tsecret",),
        (b"Bearer",),
        (b"",),
        (b"Bearer secret", b"Bearer secret"),
        ("Bearer geheimnisä".encode(),),
    ],
)
def test_a_key_is_what_the_admission_takes_for_one(shown: tuple[bytes, ...]) -> None:
    """However it is spelled: else each spelling had a quota of its own."""
    headers = [(b"authorization", value) for value in shown]
    scope: Any = falcon.testing.create_scope()
    scope["headers"] = headers
    req = falcon.asgi.Request(scope, None)  # type: ignore[arg-type]
    assert credentials(scope) == bearer(req)
    same = of("/", f"Bearer {bearer(req)}".encode("latin-1")) if bearer(req) else of("/")
    assert of("/", *shown).names == same.names


def test_what_is_too_long_for_a_key_is_not_kept() -> None:
    long = b"Bearer " + b"x" * LONGEST_KEY
    assert of("/", long + b"y" * 9).names == of("/", long + b"y" * 30_000).names
    assert of("/", b"Bearer " + b"x" * 200).names != of("/", long).names


def test_networks() -> None:
    assert network("192.0.2.7") == network("::ffff:192.0.2.7") == "192.0.2.7"
    assert network("2001:db8::1") == network("2001:db8::2") == "2001:db8::"
    assert network("") == network("a name") == "unknown"
