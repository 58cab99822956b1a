"""Application keys are checked in one way, whatever is wrong with them."""

import hmac
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from web import keys
from web.keys import matching, new_key

TOKEN, OTHER = "t" * 43, "o" * 43


def test_a_key_is_known_by_its_hash_alone() -> None:
    key = new_key(TOKEN)
    assert key.text.startswith(f"parley_{key.id}_")
    assert matching(TOKEN, key.text, {key.id: key.hash}) == key.id


def test_a_key_is_of_no_use_elsewhere() -> None:
    key = new_key(TOKEN)
    assert matching(OTHER, key.text, {key.id: key.hash}) is None
    assert matching(TOKEN, key.text, {}) is None


@pytest.mark.parametrize(
    "spoil", [str.upper, lambda t: t + " ", lambda t: t[:-1], lambda _: "", lambda _: "ü"]
)
def test_another_spelling_is_no_key(spoil: Callable[[str], str]) -> None:
    key = new_key(TOKEN)
    assert matching(TOKEN, spoil(key.text), {key.id: key.hash}) is None


def test_every_check_compares_once(monkeypatch: pytest.MonkeyPatch) -> None:
    key, compared = new_key(TOKEN), []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return hmac.compare_digest(one, other)

    monkeypatch.setattr(keys, "hmac", SimpleNamespace(compare_digest=compare))
    for text, known in ((key.text, {key.id: key.hash}), (key.text, {}), ("nonsense", {key.id: key.hash})):
        matching(TOKEN, text, known)
    assert compared == [(32, 32)] * 3
