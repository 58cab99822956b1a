"""The contract of the search index, for every engine: exactly the messages whose norm has the needle's."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import count

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from eventstore.events import Fact
from projections.projectors import search
from projections.readmodel.changes import Change, DropApplication, DropChat, DropMessage, PutChat, PutMessage
from projections.readmodel.errors import Fenced
from projections.readmodel.norm import norm
from projections.readmodel.store import Checkpoint, Generation
from projections.readmodel.views import Found, Page
from tests.support.histories import busy_history, histories
from tests.support.read_engines import (
    ENGINE_PARAMS,
    ENGINES,
    NewEngine,
    ReadEngine,
    checkpoint,
    follow,
    follow_ahead,
    listed,
)

AT = "2026-01-01T00:00:00.000000Z"

CHARS = st.one_of(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    # What a tokenizer, a query language or UTF-8 could trip over, and enough repetition for matches.
    st.sampled_from(
        "aabbAB \"'%_*?\\()-:^+.\u0301éßİﬁ寿司🍣\ufffd\ufffe\uffff\x01\x7f\u200d\U0010ffff\ud7ff\ue000"
    ),
)
WHOLE = Page(100)
BODIES = st.text(CHARS, min_size=1, max_size=12)


@pytest.fixture(params=ENGINE_PARAMS)
def new_engine(request: pytest.FixtureRequest) -> NewEngine:
    return ENGINES[request.param]


@pytest.fixture
def engine(new_engine: NewEngine) -> Iterator[ReadEngine]:
    with new_engine() as engine:
        yield engine


def message(number: int, body: str, version: int = 1, chat: int = 1, token: str = "a") -> PutMessage:
    return PutMessage(token, chat, number, version, body, None, AT, AT, number)


def tell(engine: ReadEngine, *changes: Change) -> None:
    follow(engine.live("search"), changes)


def find(engine: ReadEngine, q: str, page: Page = WHOLE, chat: int = 1, token: str = "a") -> Found:
    return engine.search(lambda view: view.find(token, chat, norm(q), page))


def numbers(found: Found) -> list[int]:
    return [hit.number for hit in found.hits]


def test_a_hit_is_the_message_as_it_is_sent(engine: ReadEngine) -> None:
    tell(engine, PutMessage("a", 1, 7, 1, "Ünï “x”", "Zoë", AT, AT, 1))
    (hit,) = find(engine, "uni").hits
    assert hit.number == 7
    assert hit.body == "Ünï “x”"
    assert (
        hit.json
        == (
            f'{{"number":7,"body":"Ünï “x”","sender":"Zoë","version":1,"created_at":"{AT}","updated_at":"{AT}"}}'
        ).encode()
    )


@pytest.mark.parametrize(
    "q", ["o", "oo", "foo", "foo.", "foo.png", '"', '""', '"foo"', "%", "100%", "a_b", "*", "f*"]
)
def test_nothing_in_a_needle_has_a_meaning(engine: ReadEngine, q: str) -> None:
    bodies = [
        "foo",
        "FOO.png",
        'say "foo"',
        '""',
        "100%",
        "100",
        "a_b",
        "axb",
        "f*",
        "fo o",
        "foo AND bar",
        "NEAR(",
    ]
    tell(engine, *(message(number, body) for number, body in enumerate(bodies, 1)))
    assert numbers(find(engine, q)) == [n for n, body in enumerate(bodies, 1) if norm(q) in norm(body)]


def test_an_edit_is_found_by_its_new_text_only(engine: ReadEngine) -> None:
    tell(engine, message(1, "old words"), message(2, "old words"))
    tell(engine, message(1, "new words", 2))
    assert numbers(find(engine, "old")) == [2]
    assert numbers(find(engine, "new")) == [1]
    assert json.loads(find(engine, "new").hits[0].json)["version"] == 2


def test_what_is_dropped_is_not_found(engine: ReadEngine) -> None:
    tell(
        engine,
        message(1, "words"),
        message(2, "words"),
        message(1, "words", chat=2),
        message(1, "words", token="b"),
    )
    tell(engine, DropMessage("a", 1, 1, 5))
    assert numbers(find(engine, "words")) == [2]
    tell(engine, DropChat("a", 1))
    assert find(engine, "words") == Found(0, [])
    assert numbers(find(engine, "words", chat=2)) == [1]
    tell(engine, DropApplication("a"))
    assert find(engine, "words", chat=2) == Found(0, [])
    assert numbers(find(engine, "words", token="b")) == [1]


def test_changes_of_one_message_in_one_batch(engine: ReadEngine) -> None:
    tell(
        engine,
        *(message(1, "one"), message(2, "two"), message(1, "three", 2), DropMessage("a", 1, 2, 4)),
        *(message(3, "three"), message(3, "four", 2), message(3, "five", 3)),
    )
    assert numbers(find(engine, "three")) == [1]
    assert numbers(find(engine, "five")) == [3]
    assert numbers(find(engine, "o")) == []


def test_a_drop_is_final(engine: ReadEngine) -> None:
    generation = engine.live("search")
    late: list[Change] = [message(1, "words")]
    follow(generation, [*late, DropMessage("a", 1, 1, 2)])
    with pytest.raises(Fenced):
        generation.apply(late, Checkpoint(), checkpoint(1))
    assert find(engine, "words") == Found(0, [])


def test_chats_do_not_see_each_other(engine: ReadEngine) -> None:
    tell(engine, *(message(1, "words", chat=chat, token=token) for token in "ab" for chat in (1, 2)))
    far = Page(9, after=2**32 - 1, before=10**18)
    assert find(engine, "words", far).hits == []
    assert find(engine, "w", Page(9, after=10**18)).hits == []
    assert numbers(find(engine, "words", Page(9, before=10**18))) == [1]
    assert find(engine, "words", chat=3) == Found(0, [])


@pytest.mark.parametrize("q", ["w", "wo", "words", "wor"])
@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (Page(3), [1, 2, 3]),
        (Page(3, after=2), [3, 5, 6]),
        (Page(9, after=3, before=7), [5, 6]),
        (Page(2, before=7, descending=True), [6, 5]),
        (Page(9, after=3, descending=True), [7, 6, 5]),
        (Page(9, after=7), []),
        (Page(9, before=1), []),
    ],
)
def test_pages_do_not_change_the_total(engine: ReadEngine, q: str, page: Page, expected: list[int]) -> None:
    tell(engine, *(message(n, "words " + "more " * 20 if n != 4 else "other") for n in range(1, 8)))
    found = find(engine, q, page)
    assert numbers(found) == expected
    assert found.total == 6


def test_purge_removes_what_is_below_and_nothing_else(engine: ReadEngine) -> None:
    tell(
        engine,
        *(message(n, f"words {n}", chat=chat) for chat in (1, 2) for n in range(1, 31)),
        DropChat("a", 1),
    )
    generation = engine.live("search")
    before = listed(generation)
    removed = []
    while found := generation.purge(7):
        removed.append(found)
    assert max(removed) <= 7
    assert sum(removed) >= 30
    assert listed(generation) == before
    assert find(engine, "words", chat=2).total == 30
    tell(engine, message(1, "new", chat=3))
    assert find(engine, "words", chat=3).total == 0


def test_a_purge_counts_chats_without_messages(engine: ReadEngine) -> None:
    """A transaction is as long as what it does, not as what it removes."""
    chats = range(1, 41)
    tell(engine, *(message(1, "words", chat=chat) for chat in chats), message(1, "words", token="b"))
    tell(engine, *(DropMessage("a", chat, 1, 99) for chat in chats), DropApplication("a"))
    generation = engine.live("search")
    removed = []
    while found := generation.purge(7):
        removed.append(found)
    assert max(removed) <= 7
    assert sum(removed) >= len(chats)
    assert numbers(find(engine, "words", token="b")) == [1]


def test_a_dropped_application_is_gone_before_during_and_after_the_purge(engine: ReadEngine) -> None:
    tell(engine, *(message(n, "words", chat=chat) for chat in range(1, 6) for n in (1, 2)))
    tell(engine, message(1, "words", token="b"), DropApplication("a"))
    generation = engine.live("search")
    is_left = 1
    while is_left:
        assert [key.split()[1] for key, _ in listed(generation)] == ["b"]
        for chat in range(1, 6):
            assert find(engine, "words", chat=chat) == Found(0, [])
        is_left = generation.purge(3)


@pytest.mark.parametrize("drop", [DropApplication("a"), DropChat("a", 1)])
def test_a_drop_of_what_is_not_there_changes_nothing(engine: ReadEngine, drop: Change) -> None:
    tell(engine, message(1, "words", token="b"), drop, drop)
    assert engine.live("search").purge(9) == 0
    assert numbers(find(engine, "words", token="b")) == [1]


def test_it_has_no_counters_to_drift(engine: ReadEngine) -> None:
    tell(engine, message(1, "words"))
    assert engine.live("search").recount(repair=True) == []


@pytest.fixture
def live(engine: ReadEngine) -> Generation:
    return engine.live("search")


CHATS = count(1)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies=st.lists(BODIES, min_size=1, max_size=12), needles=st.lists(BODIES, max_size=4), data=st.data())
@example(bodies=["a\ufffeb", "a\ufffdb", "a\uffffb"], needles=["a\ufffeb", "a\ufffdb"], data=None)
def test_found_is_what_a_scan_finds(
    engine: ReadEngine,
    live: Generation,
    bodies: list[str],
    needles: list[str],
    data: st.DataObject | None,
) -> None:
    for body in bodies if data else []:
        start = data.draw(st.integers(0, len(body) - 1)) if data else 0
        needles.append(body[start : start + 5])
    asked = [(norm(q), page) for q in needles if norm(q) for page in (WHOLE, Page(2, descending=True))]
    # To make an index for each example would take longer than all of this.
    chat = next(CHATS)
    follow(live, [message(number, body, chat=chat) for number, body in enumerate(bodies, 1)])
    answers = engine.search(lambda view: [view.find("a", chat, *question) for question in asked])
    for (needle, page), found in zip(asked, answers, strict=True):
        expected = [number for number, body in enumerate(bodies, 1) if needle in norm(body)]
        assert found.total == len(expected)
        assert numbers(found) == (expected[::-1] if page.descending else expected)[: page.limit]


def test_every_code_point_is_found_among_others(engine: ReadEngine) -> None:
    every = [chr(code) for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000]
    size = 1000
    bodies = ["".join(every[start : start + size]) for start in range(0, len(every), size)]
    tell(engine, *(message(number, body) for number, body in enumerate(bodies, 1)))
    norms = [norm(body) for body in bodies]
    # One from each text, each from another place: all of them would be a million.
    starts = (number * 37 % (len(text) - 2) for number, text in enumerate(norms))
    needles = [text[at : at + 3] for text, at in zip(norms, starts, strict=True)]

    def totals(asked: Sequence[str]) -> list[int]:
        return engine.search(lambda view: [view.find("a", 1, needle, Page(1)).total for needle in asked])

    assert totals(needles) == [sum(needle in text for text in norms) for needle in needles]


def frequent(number: int) -> str:
    """A text whose trigrams are everywhere, in an order that is not."""
    return "abcd" * 5 if number % 10 == 0 else "bcdabc abd bcda"


@pytest.mark.parametrize("q", ["abc", "abcd", "abcda", "cdabc ab", "dabcdabcdabcd", "a", "zzz", "bcdx"])
def test_many_candidates_are_all_checked(engine: ReadEngine, q: str) -> None:
    bodies = {number: frequent(number) for number in range(1, 1001)}
    tell(engine, *(message(number, body) for number, body in bodies.items()))
    expected = [number for number, body in bodies.items() if q in body]
    for descending in (False, True):
        found = find(engine, q, Page(50, descending=descending))
        assert found.total == len(expected)
        assert numbers(found) == (expected[::-1] if descending else expected)[:50]


def test_a_needle_may_be_much_longer_than_what_was_asked(engine: ReadEngine) -> None:
    """200 code points come to 3,600 at most; engines limit the terms of a query, though not those of a phrase."""
    ligature = "\ufdfa"
    bodies = [ligature * 300, ligature * 199 + "x" + ligature * 199, ligature * 200, "x"]
    tell(engine, *(message(number, body) for number, body in enumerate(bodies, 1)))
    for descending, expected in ((False, [1, 3]), (True, [3, 1])):
        found = find(engine, ligature * 200, Page(2, descending=descending))
        assert (found.total, numbers(found)) == (2, expected)
    assert find(engine, ligature * 200, Page(1, after=1)) == Found(
        2, find(engine, "\ufdfa", Page(1, after=2)).hits
    )


def changes_of(facts: Sequence[Fact]) -> list[Change]:
    return search.fold(list(enumerate(facts, 1)))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=histories, cut=st.integers(1, 7))
def test_rows_do_not_depend_on_the_batches(new_engine: NewEngine, facts: list[Fact], cut: int) -> None:
    changes = changes_of(facts)
    with new_engine() as engine:
        follow(engine.live("search"), changes, cut)
        rebuilt = engine.open("search", engine.control.start_building("search"), must_be_live=False)
        follow(rebuilt, changes)
        rebuilt.finish()
        rows = listed(rebuilt)
        assert listed(engine.live("search")) == rows
        assert [key for key, _ in rows] == sorted(key for key, _ in rows)
        while rebuilt.purge(3):
            pass
        assert listed(rebuilt) == rows


def test_a_batch_may_begin_before_the_one_before_it_ends(engine: ReadEngine) -> None:
    changes = changes_of(busy_history())
    follow(engine.live("search"), changes, 20)
    ahead = engine.open("search", engine.control.start_building("search"), must_be_live=False)
    follow_ahead(ahead, changes, 20)
    ahead.finish()
    assert listed(ahead) == listed(engine.live("search"))


def test_after_a_long_history_everything_that_lives_is_found(engine: ReadEngine) -> None:
    changes = changes_of(busy_history())
    follow(engine.live("search"), changes, 50)
    living: dict[tuple[str, int], dict[int, str]] = {}
    for change in changes:
        match change:
            case PutChat(token=token, number=number):
                living[token, number] = {}
            case PutMessage():
                living[change.token, change.chat][change.number] = change.body
            case DropMessage():
                del living[change.token, change.chat][change.number]
            case DropChat(token=token, number=number):
                del living[token, number]
            case DropApplication(token=token):
                living = {key: below for key, below in living.items() if key[0] != token}
    for (token, chat), bodies in living.items():
        for q in ("hello", "sushi", "寿司🍣", "aaa", "C++", "%", "o"):
            _agrees(find(engine, q, chat=chat, token=token), q, bodies)


def _agrees(found: Found, q: str, bodies: Mapping[int, str]) -> None:
    expected = sorted(number for number, body in bodies.items() if norm(q) in norm(body))
    assert numbers(found) == expected[:100]
    assert found.total == len(expected)
