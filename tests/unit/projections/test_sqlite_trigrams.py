"""Which trigrams of a needle are asked for."""

import pytest

from projections.readmodel.sqlite_trigrams import match


@pytest.mark.parametrize("size", [3, 4, 8, 11, 12, 100, 199, 3583])
def test_both_ends_of_a_needle_are_asked_for(size: int) -> None:
    """What is rare in a needle is mostly at an end; without it every text of one repeated letter is a candidate."""
    asked = (match("x" + "a" * (size - 2) + "y") or "").split(" AND ")
    assert any(trigram.startswith('"x') for trigram in asked)
    assert any(trigram.endswith('y"') for trigram in asked)


def test_few_of_many_are_asked_for() -> None:
    assert len((match("".join(map(chr, range(0x4E00, 0x4E00 + 3600)))) or "").split(" AND ")) < 20


def test_no_trigram_tells_of_less_than_three() -> None:
    assert match("ab") is None
