"""The contract of words: within a process, and between two through Redis."""

import secrets
from collections.abc import Iterator

import pytest

from projections.readmodel.open import open_words
from projections.readmodel.words import Words
from tests.support.shared_server import shared_server
from tests.support.waiting import until


class Pair:
    """`telling` and `hearing`, on Redis as if in two processes; `other` speaks of another store."""

    def __init__(self, telling: Words, hearing: Words, other: Words) -> None:
        self.telling = telling
        self.hearing = hearing
        self.other = other


@pytest.fixture(params=["memory", "redis"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    if request.param == "memory":
        words, other = open_words("memory://", "a"), open_words("memory://", "b")
        pair = Pair(words, words, other)
    else:
        url, store = shared_server("redis").url(), secrets.token_hex(4)
        pair = Pair(open_words(url, store), open_words(url, store), open_words(url, f"{store}0"))
    yield pair
    for words in (pair.telling, pair.hearing, pair.other):
        words.close()


def heard(pair: Pair, projection: str) -> list[int]:
    """The positions that are heard from now on, behind one that says that the ear is open."""
    positions: list[int] = []
    pair.hearing.listen(projection, positions.append)

    def spoken() -> bool:
        pair.telling.tell(projection, 1)
        return bool(positions)

    until(spoken, "the first word")
    return positions


def says(pair: Pair, projection: str, position: int, positions: list[int]) -> None:
    pair.telling.tell(projection, position)
    until(lambda: position in positions, "the word")


def test_a_position_that_is_told_is_heard(pair: Pair) -> None:
    positions = heard(pair, "tables")
    for position in (5, 6, 10_000_000_000, 2):
        says(pair, "tables", position, positions)


def test_each_hears_of_its_projection(pair: Pair) -> None:
    tables, search = heard(pair, "tables"), heard(pair, "search")
    says(pair, "tables", 7, tables)
    says(pair, "search", 8, search)
    assert 8 not in tables
    assert 7 not in search


def test_all_who_listen_hear(pair: Pair) -> None:
    first, second = heard(pair, "tables"), heard(pair, "tables")
    says(pair, "tables", 7, first)
    until(lambda: 7 in second, "the word, for the other")


def test_other_stores_are_not_of_interest(pair: Pair) -> None:
    positions = heard(pair, "tables")
    pair.other.tell("tables", 99)
    says(pair, "tables", 7, positions)
    says(pair, "tables", 8, positions)
    assert 99 not in positions


def test_telling_needs_nobody_and_does_not_wait(pair: Pair) -> None:
    for position in range(1, 20_000):
        pair.telling.tell("tables", position)
    positions = heard(pair, "tables")
    says(pair, "tables", 20_000, positions)


def test_words_after_the_end_do_no_harm(pair: Pair) -> None:
    heard(pair, "tables")
    pair.telling.close()
    pair.telling.tell("tables", 5)
    pair.telling.close()


def test_all_is_well(pair: Pair) -> None:
    positions = heard(pair, "tables")
    says(pair, "tables", 7, positions)
    assert (pair.telling.error, pair.hearing.error) == (None, None)
