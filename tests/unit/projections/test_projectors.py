"""Given facts, then changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstore.events import (
    FACTS,
    ApplicationCreated,
    ApplicationDeleted,
    ApplicationRenamed,
    ChatCreated,
    ChatDeleted,
    ChatRetitled,
    Fact,
    KeyAdded,
    KeyRevoked,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
)
from projections.projectors import PROJECTIONS, search, tables
from projections.readmodel.changes import (
    Change,
    DropApplication,
    DropChat,
    DropKey,
    DropMessage,
    PutApplication,
    PutChat,
    PutKey,
    PutMessage,
)
from projections.readmodel.store import Checkpoint
from tests.support.histories import busy_history, histories
from tests.support.memory_control import MemoryControl, MemoryGeneration

EXAMPLES: list[tuple[Fact, Change]] = [
    (ApplicationCreated(token="t", at="1", name="Desk"), PutApplication("t", "Desk", "1", "1")),
    (
        ApplicationRenamed(token="t", at="2", name="Shop", created_at="1"),
        PutApplication("t", "Shop", "1", "2"),
    ),
    (ApplicationDeleted(token="t", at="3"), DropApplication("t")),
    (ChatCreated(token="t", at="1", number=4, title=None), PutChat("t", 4, None, "1", "1")),
    (
        ChatRetitled(token="t", at="2", number=4, title="Hi", created_at="1"),
        PutChat("t", 4, "Hi", "1", "2"),
    ),
    (ChatDeleted(token="t", at="3", number=4), DropChat("t", 4)),
    (
        MessageCreated(token="t", at="1", chat=4, number=5, body="hello", sender="ann"),
        PutMessage("t", 4, 5, 1, "hello", "ann", "1", "1", 9),
    ),
    (
        MessageEdited(
            token="t", at="2", chat=4, number=5, version=2, body="bye", sender=None, created_at="1"
        ),
        PutMessage("t", 4, 5, 2, "bye", None, "1", "2", 9),
    ),
    (MessageDeleted(token="t", at="3", chat=4, number=5), DropMessage("t", 4, 5, 9)),
    (
        KeyAdded(token="t", at="1", id="1f" * 8, scope="read", hash="5e" * 32),
        PutKey("t", "1f" * 8, "read", b"\x5e" * 32, "1"),
    ),
    (KeyRevoked(token="t", at="2", id="1f" * 8), DropKey("t", "1f" * 8)),
]
NOT_SEARCHED = (ApplicationCreated, ApplicationRenamed, ChatRetitled, KeyAdded, KeyRevoked)


@pytest.mark.parametrize(("fact", "change"), EXAMPLES)
def test_every_fact_changes_the_tables(fact: Fact, change: Change) -> None:
    assert tables.fold([(9, fact)]) == [change]


@pytest.mark.parametrize(("fact", "change"), EXAMPLES)
def test_search_keeps_messages_and_what_they_fall_with(fact: Fact, change: Change) -> None:
    assert search.fold([(9, fact)]) == ([] if isinstance(fact, NOT_SEARCHED) else [change])


def test_the_examples_are_all_facts() -> None:
    assert {type(fact) for fact, _ in EXAMPLES} == {*FACTS}


class Unheard(Fact, frozen=True, kw_only=True):
    """A fact that no projector was told of."""


@pytest.mark.parametrize("name", PROJECTIONS)
def test_an_unknown_fact_is_never_passed_over(name: str) -> None:
    with pytest.raises(NotImplementedError, match="Unheard"):
        PROJECTIONS[name]([(1, Unheard(token="t", at="1"))])


@pytest.mark.parametrize("name", PROJECTIONS)
@given(history=histories, cut=st.integers(1, 7))
def test_the_cut_of_the_log_does_not_matter(name: str, history: list[Fact], cut: int) -> None:
    fold, facts = PROJECTIONS[name], list(enumerate(history, 1))

    in_pieces = [change for start in range(0, len(facts), cut) for change in fold(facts[start : start + cut])]

    assert in_pieces == fold(facts)


@pytest.mark.parametrize("name", PROJECTIONS)
def test_each_fact_twice_leaves_the_same_rows(name: str) -> None:
    facts = list(enumerate(busy_history(), 1))
    once, twice = (MemoryGeneration(MemoryControl(), name, 1) for _ in range(2))

    for fact in facts:
        once.apply(PROJECTIONS[name]([fact]), once.checkpoint(), Checkpoint("log", fact[0]))
        twice.apply(PROJECTIONS[name]([fact, fact]), twice.checkpoint(), Checkpoint("log", fact[0]))

    assert twice.contents == once.contents
