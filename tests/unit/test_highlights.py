"""highlights: where the occurrences stand in the body as it is stored."""

import time
from unicodedata import combining, is_normalized, normalize

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from projections.readmodel.highlights import _composed, _is_one_to_one, _plain_ranges, _ranges, highlights
from projections.readmodel.norm import fold, norm
from tests.unit.test_norm import TELLING, TEXTS

Range = tuple[int, int]
GAG = "\uac01"
JAMO = "\u1100\u1161\u11a8"


@pytest.mark.parametrize(
    ("body", "q", "expected"),
    [
        ("say foo.png, FOO.PNG", "foo.png", [(4, 11), (13, 20)]),
        ("C++20", "+", [(1, 2), (2, 3)]),
        ("aaaaa", "aa", [(0, 2), (2, 4)]),
        ("nothing", "q", []),
        ("", "a", []),
        ("any", "", []),
        ("any e\u0301", "\u0301", []),
        ("Straße", "SS", [(4, 5)]),
        ("Straße", "s", [(0, 1), (4, 5)]),
        ("strasse", "ß", [(4, 6)]),
        ("İstanbul", "i", [(0, 1)]),
        ("I\u0307stanbul", "is", [(0, 3)]),
        ("ﬃ", "f", [(0, 1)]),
        ("oﬃce", "fic", [(1, 3)]),
        ("ﬃf", "fif", [(0, 2)]),
        ("ﬃfi", "fi", [(0, 1), (1, 3)]),
        ("….…", "..", [(0, 1), (1, 3)]),
        ("cafe\u0301!", "e", [(3, 5)]),
        ("cafe\u0301!", "cafe", [(0, 5)]),
        ("caf\u0301e\u0301", "f", [(2, 4)]),
        ("\u0301\u0301a", "a", [(2, 3)]),
        ("a\u0301\u0302\u0344b", "a", [(0, 4)]),
        ("a\u0301\u0302\u0344b", "ab", [(0, 5)]),
        ("a\u0301\u0323b", "a", [(0, 3)]),
        (GAG, JAMO, [(0, 1)]),
        (JAMO, GAG, [(0, 3)]),
        ("x" + JAMO + "x", JAMO, [(1, 4)]),
        ("\uac00\u11a8", GAG, [(0, 2)]),
        (JAMO, "\u1100", []),
        ("\u304b\u3099x", "\u304c", [(0, 2)]),
        ("\u304b\u3099x", "\u304b", []),
        ("\u304b\u0323\u3099x", "\u304c", [(0, 3)]),
        ("ｶﾞｷﾞ", "ｷ", [(2, 3)]),
        ("ｶﾞｷﾞ", "ｷﾞ", [(2, 4)]),
        ("\u3099\u304b", "\u3099", [(0, 1)]),
        ("5 \u212b, 3 \u2126", "å", [(2, 3)]),
        ("5 \u212b, 3 \u2126", "ω", [(7, 8)]),
        ("x\u0958x", "\u0958", [(1, 2)]),
        ("x\u0958x", "\u093c", [(1, 2)]),
        ("\ufb1d\u05b0", "\u05d9", [(0, 1)]),
        ("ক\u09c7\u09beক", "\u09cb", [(1, 3)]),
        ("a\u05b1\u05b0b", "\u05b0", [(2, 3)]),
        ("a\u05b1\u05b0b", "a\u05b0", [(0, 3)]),
        ("a\u05b1\u05b0b", "\u05b1b", [(1, 4)]),
        ("\u0323x\u05b0\u0327\u0653", "\u05b0\u0653", [(2, 5)]),
        ("x\u0323\u05b0\u0653", "\u05b0\u0653", [(2, 4)]),
        ("\u05b0\u304b\u05b0\u3099\u304b\u3099", "\u05b0\u304c", [(0, 4)]),
        ("👩\u200d💻 👩", "👩", [(0, 1), (4, 5)]),
        ("👩\u200d💻 👩", "👩\u200d💻", [(0, 3)]),
        ("漢字かな交じり文", "交じ", [(4, 6)]),
    ],
)
def test_examples(body: str, q: str, expected: list[Range]) -> None:
    assert highlights(body, q) == expected


def test_every_code_point_keeps_its_composition() -> None:
    composites = [char for char in map(chr, range(0x32000)) if not is_normalized("NFD", char)]
    spellings = [*composites, *(normalize("NFD", char) for char in composites)]
    assert [_composed(text).nfc for text in spellings] == [normalize("NFC", text) for text in spellings]


@given(st.text(TELLING, max_size=12) | TEXTS)
@example("e\u05b0\u0301").via("a mark between a letter and the mark it takes")
@example("a\u0302\u0323").via("two marks taken in the other order")
@settings(max_examples=500, deadline=None)
def test_origins_agree_with_a_slow_trace(body: str) -> None:
    nfc, starts, stops = _composed(body)
    assert nfc == normalize("NFC", body)
    assert list(zip(starts, stops, strict=True)) == slow_trace(body)


@st.composite
def searches(draw: st.DrawFn) -> tuple[str, str]:
    """A body in any spelling, and a text that mostly occurs in it."""
    body = draw(st.text(TELLING, min_size=1, max_size=12) | TEXTS)
    spelled = normalize(draw(st.sampled_from(["NFC", "NFD", "NFKC"])), body)
    start = draw(st.integers(0, len(spelled)))
    part = spelled[start : start + draw(st.integers(1, 4))]
    q = draw(st.just(part) | st.text(TELLING, max_size=2))
    return draw(st.sampled_from([body, body * 2, spelled])), q


@given(searches())
@settings(max_examples=500, deadline=None)
def test_highlights_agree_with_a_slow_search(search: tuple[str, str]) -> None:
    assert highlights(*search) == slow_highlights(*search)


@given(searches())
@example(("aAa", "a")).via("ASCII")
@example(("éçÉÇé", "ec")).via("NFC, one to one")
@settings(max_examples=500, deadline=None)
def test_the_short_way_agrees_with_the_general_one(search: tuple[str, str]) -> None:
    body, q = normalize("NFC", search[0]), search[1]
    body = "".join(char for char in body if len(fold(char)) == 1)
    needle, haystack = norm(q), norm(body)
    if needle and _is_one_to_one(body):
        assert _plain_ranges(needle, haystack) == list(_ranges(body, needle, haystack))


@pytest.mark.parametrize("body", ["ß", "e\u0301", "é\u0323", "q\u0301", "\u212b", "\ufdfa", "ﬃ"])
def test_the_short_way_is_not_taken_where_offsets_move(body: str) -> None:
    assert not _is_one_to_one("aé" + body)


@pytest.mark.parametrize("body", ["a" * 10_000, "🍣" * 10_000, "a" * 9_999 + "é"])
def test_a_body_without_folds_that_grow_is_not_traced(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of a hundred such bodies took over four seconds by the general way."""
    monkeypatch.delattr("projections.readmodel.highlights._ranges")
    assert len(highlights(body, body[0])) >= 9_999


@given(searches())
def test_ranges_are_in_bounds_in_order_and_apart(search: tuple[str, str]) -> None:
    body, q = search
    edges = [0, *(edge for found in highlights(body, q) for edge in found), len(body)]
    assert edges == sorted(edges)
    assert all(start < stop for start, stop in highlights(body, q))


@given(searches())
def test_something_is_lit_exactly_when_the_message_matches(search: tuple[str, str]) -> None:
    body, q = search
    assert bool(highlights(body, q)) == (norm(q) != "" and norm(q) in norm(body))


@given(searches())
def test_a_range_ends_before_what_is_not_a_dropped_mark(search: tuple[str, str]) -> None:
    body, q = search
    assert all(stop == len(body) or fold(body[stop]) for _, stop in highlights(body, q))


@given(searches())
def test_in_an_nfc_body_both_ends_of_a_range_are_needed(search: tuple[str, str]) -> None:
    """norm(slice) = P + norm(q) + S: P shorter than its first fold, S than its last that is not empty.

    Not so in any body: a slice that parts a letter from a mark it takes has another norm than the whole.
    """
    body, q = normalize("NFC", search[0]), search[1]
    needle = norm(q)
    for start, stop in highlights(body, q):
        folds = [fold(char) for char in body[start:stop] if fold(char)]
        whole = "".join(folds)
        assert norm(body[start:stop]) == whole
        spare = len(whole) - len(needle)
        cuts = [cut for cut in range(len(fold(body[start]))) if spare - cut < len(folds[-1])]
        assert any(whole.startswith(needle, cut) for cut in cuts)


@pytest.mark.parametrize("marks", ["\u0301", "\u05b1\u0344\u05b0", "\u0f75", "\u3099\u0301", "\u1100"])
def test_time_does_not_grow_with_the_square_of_the_marks(marks: str) -> None:
    body = ("か" + marks * 40_000)[:40_000] + "e\u0301"
    before = time.process_time()
    assert highlights(body, "e") == [(len(body) - 2, len(body))]
    assert time.process_time() - before < 2


def slow_trace(body: str) -> list[Range]:
    """Per code point of NFC(body) where it came from: its own NFD, looked up in that of the body."""
    chars = [(char, origin) for origin, whole in enumerate(body) for char in normalize("NFD", whole)]
    for _ in chars:
        for k in range(len(chars) - 1):
            if combining(chars[k][0]) > combining(chars[k + 1][0]) > 0:
                chars[k], chars[k + 1] = chars[k + 1], chars[k]
    ranges = []
    for composite in normalize("NFC", body):
        parts = normalize("NFD", composite)
        assert parts[0] == chars[0][0]
        taken = [chars.pop([char for char, _ in chars].index(part))[1] for part in parts]
        ranges.append((min(taken), max(taken) + 1))
    assert chars == []
    return ranges


def slow_highlights(body: str, q: str) -> list[Range]:
    """The wire contract read word by word, one offset of the norm after another."""
    needle = norm(q)
    owners = [
        (char, origin)
        for whole, origin in zip(normalize("NFC", body), slow_trace(body), strict=True)
        for char in fold(whole)
    ]
    found: list[Range] = []
    free = end = 0
    for at in range(len(owners) - len(needle) + 1 if needle else 0):
        window = owners[at : at + len(needle)]
        start, stop = min(o[0] for _, o in window), max(o[1] for _, o in window)
        if at < free or start < end or "".join(char for char, _ in window) != needle:
            continue
        while stop < len(body) and not fold(body[stop]):
            stop += 1
        found.append((start, stop))
        free, end = at + len(needle), stop
    return found
